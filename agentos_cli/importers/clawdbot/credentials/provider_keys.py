"""Which environment variable each model provider's key is usually kept in, and what a value refers to.

The names are those of the source program (src/agents/model-auth-env-vars.ts of openclaw/openclaw); the plain
key comes before a token of a subscription, since such a token is not ours to use.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from hashlib import sha256

USUAL: dict[str, tuple[str, ...]] = {
    "amazon-bedrock": ("AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID"),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "azure-openai": ("AZURE_OPENAI_API_KEY",),
    "byteplus": ("BYTEPLUS_API_KEY",),
    "cerebras": ("CEREBRAS_API_KEY",),
    "chutes": ("CHUTES_API_KEY",),
    "cloudflare-ai-gateway": ("CLOUDFLARE_AI_GATEWAY_API_KEY",),
    "deepgram": ("DEEPGRAM_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "fireworks": ("FIREWORKS_API_KEY",),
    "github": ("GITHUB_TOKEN", "GH_TOKEN"),
    "github-copilot": ("COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"),
    "google": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "groq": ("GROQ_API_KEY",),
    "huggingface": ("HF_TOKEN", "HUGGINGFACE_HUB_TOKEN"),
    "kimi-coding": ("KIMI_API_KEY", "KIMICODE_API_KEY"),
    "litellm": ("LITELLM_API_KEY",),
    "minimax": ("MINIMAX_API_KEY",),
    "minimax-portal": ("MINIMAX_API_KEY",),
    "mistral": ("MISTRAL_API_KEY",),
    "moonshot": ("MOONSHOT_API_KEY",),
    "nvidia": ("NVIDIA_API_KEY",),
    "ollama": ("OLLAMA_API_KEY",),
    "openai": ("OPENAI_API_KEY",),
    "opencode": ("OPENCODE_API_KEY", "OPENCODE_ZEN_API_KEY"),
    "openrouter": ("OPENROUTER_API_KEY",),
    "perplexity": ("PERPLEXITY_API_KEY",),
    "qianfan": ("QIANFAN_API_KEY",),
    "qwen-portal": ("QWEN_PORTAL_API_KEY",),
    "synthetic": ("SYNTHETIC_API_KEY",),
    "together": ("TOGETHER_API_KEY",),
    "venice": ("VENICE_API_KEY",),
    "vercel-ai-gateway": ("AI_GATEWAY_API_KEY",),
    "vllm": ("VLLM_API_KEY",),
    "volcengine": ("VOLCANO_ENGINE_API_KEY",),
    "voyage": ("VOYAGE_API_KEY",),
    "xai": ("XAI_API_KEY",),
    "xiaomi": ("XIAOMI_API_KEY",),
    "zai": ("ZAI_API_KEY", "Z_AI_API_KEY"),
}

_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,63}", re.ASCII)
_VARIABLE = re.compile(r"\$\{([A-Z_][A-Z0-9_]{0,63})\}", re.ASCII)


def usual_name(provider: str, known: Collection[str] = ()) -> str:
    """The environment variable of a provider's key: of its usual names the one that is among `known` (what
    the source sets somewhere), else the first; for a provider that is in no table `<PROVIDER>_API_KEY`."""
    names = USUAL.get(provider.strip().lower()) or (_made_up(provider),)
    return next((name for name in names if name in known), names[0])


def kept_name(owner: str, name: str) -> str:
    """Under which name a secret is kept in the vault: the same in every run, and another for each credential
    (letters, digits and `._-`, 64 at most)."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", ".", f"clawdbot:{owner}:{name}").strip(".")
    if plain == f"clawdbot.{owner}.{name.replace(':', '.')}" and "." not in owner + name and len(plain) <= 64:
        return plain
    return f"{plain[:51]}.{sha256(f'{owner}/{name}'.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def reference_in(value: object) -> str | None:
    """What a setting refers to instead of holding it: `${NAME}`, the bare name of a usual variable (which
    generated catalogues of models hold), `secretref-env:NAME` or `{source: "env", id: "NAME"}` gives
    `env:NAME`. None if it is no such reference."""
    if isinstance(value, Mapping):
        name = value.get("id")
        return f"env:{name}" if value.get("source") == "env" and _is_name(name) else None
    if not isinstance(value, str):
        return None
    text = value.strip()
    found = _VARIABLE.fullmatch(text)
    if found:
        return f"env:{found[1]}"
    if text in _all_usual():
        return f"env:{text}"
    marker, _, name = text.partition(":")
    return f"env:{name}" if marker in ("env", "secretref-env") and _is_name(name) else None


def _is_name(name: object) -> bool:
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def _all_usual() -> set[str]:
    return {name for names in USUAL.values() for name in names}


def _made_up(provider: str) -> str:
    plain = re.sub(r"[^A-Z0-9]+", "_", provider.upper().strip()).strip("_")[:50]
    return f"{'_' if plain[:1].isdigit() else ''}{plain or 'PROVIDER'}_API_KEY"
