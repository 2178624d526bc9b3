"""Brings settings of any era to the newest shape, as the source program does when it starts.

The shapes are those of src/config/legacy.migrations.part-1.ts to part-3.ts of openclaw/openclaw, and of the
years before these. Where an old place and its new one both say something, the new one counts, as there.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

from agentos_cli.importers.clawdbot.settings.shape import block, items, text, texts

Tree = dict[str, object]
CHANNELS = ("whatsapp", "telegram", "discord", "slack", "signal", "imessage", "msteams")
SKILL_KEYS = frozenset({"entries", "load", "install", "allowBundled", "limits"})
LISTED = ("allowedModels", "modelFallbacks", "imageModelFallbacks")


def modern(raw: Mapping[str, object]) -> Tree:
    """The settings in the newest shape; `raw` is left as it is."""
    tree = deepcopy(dict(raw))
    for step in (_inbound, _channels, _models, _agents, _routing, _defaults, _identity, _skills, _renamed):
        step(tree)
    _agents_by_id(tree)
    return tree


def _inbound(tree: Tree) -> None:
    """warelay and clawdis: what came in was answered as `inbound` said."""
    inbound = tree.pop("inbound", None)
    if not isinstance(inbound, dict):
        return
    _move(inbound, "allowFrom", tree, "channels", "whatsapp", "allowFrom")
    _move(inbound, "workspace", tree, "agents", "defaults", "workspace")
    _move(inbound, "transcribeAudio", tree, "audio", "transcription")
    minutes = block(inbound, "reply").get("heartbeatMinutes")
    if isinstance(minutes, int | float) and not isinstance(minutes, bool):
        _room(tree, "agents", "defaults", "heartbeat").setdefault("every", f"{minutes}m")
    if inbound:
        tree["inbound"] = inbound


def _channels(tree: Tree) -> None:
    for name in CHANNELS:
        _merge(tree, name, tree, "channels", name)


def _models(tree: Tree) -> None:
    """`model` was a text, with its fallbacks, aliases and the allowed ones beside it."""
    for agent in (tree.get("agent"), block(tree, "agents").get("defaults")):
        if not isinstance(agent, dict):
            continue
        named = [*texts(agent.get("model")), *texts(agent.get("imageModel"))]
        aliases = block(agent, "modelAliases")
        old = any(key in agent for key in (*LISTED, "modelAliases"))
        for key, fallbacks in (("model", "modelFallbacks"), ("imageModel", "imageModelFallbacks")):
            _chain(agent, key, fallbacks)
        if old:
            listed = [*named, *(each for key in LISTED for each in texts(agent.pop(key, None)))]
            _listed(agent, [*listed, *texts(list(aliases.values()))], aliases)


def _chain(agent: Tree, key: str, fallbacks: str) -> None:
    now, rest = agent.get(key), list(texts(agent.get(fallbacks)))
    if isinstance(now, str):
        agent[key] = {"primary": now, "fallbacks": rest}
    elif isinstance(now, dict) and rest:
        now["fallbacks"] = now.get("fallbacks") or rest
    elif now is None and rest:
        agent[key] = {"fallbacks": rest}


def _listed(agent: Tree, names: list[str], aliases: Mapping[str, object]) -> None:
    models = _room(agent, "models")
    for name in names:
        models.setdefault(name, {})
    for alias, target in aliases.items():
        entry = models.get(text(target) or "")
        if isinstance(entry, dict):
            entry.setdefault("alias", alias)
    agent.pop("modelAliases", None)


def _agents(tree: Tree) -> None:
    """`routing.agents` was an object by id."""
    routing = tree.get("routing")
    if not isinstance(routing, dict):
        return
    for name, agent in block(routing, "agents").items():
        if isinstance(agent, dict):
            found = _agent(tree, name)
            _move(agent, "mentionPatterns", found, "groupChat", "mentionPatterns")
            _fill(found, agent)
    routing.pop("agents", None)
    default = text(routing.pop("defaultAgentId", None))
    if default and not any(block(agent).get("default") is True for agent in _list(tree)):
        _agent(tree, default)["default"] = True


def _routing(tree: Tree) -> None:
    routing = tree.get("routing")
    if not isinstance(routing, dict):
        return
    _move(routing, "bindings", tree, "bindings")
    _move(routing, "allowFrom", tree, "channels", "whatsapp", "allowFrom")
    _move(routing, "queue", tree, "messages", "queue")
    _move(routing, "agentToAgent", tree, "tools", "agentToAgent")
    _move(routing, "transcribeAudio", tree, "audio", "transcription")
    _merge(routing, "groupChat", tree, "messages", "groupChat")
    if not routing:
        del tree["routing"]


def _defaults(tree: Tree) -> None:
    """`agent` was what `agents.defaults` and a part of `tools` are."""
    agent = tree.get("agent")
    if not isinstance(agent, dict):
        return
    minutes = agent.pop("heartbeatMinutes", None)
    if isinstance(minutes, int | float) and not isinstance(minutes, bool):
        _room(agent, "heartbeat").setdefault("every", f"{minutes}m")
    _merge(agent, "tools", tree, "tools")
    _move(agent, "elevated", tree, "tools", "elevated")
    _move(agent, "bash", tree, "tools", "exec")
    for part in ("sandbox", "subagents"):
        inside = agent.get(part)
        if isinstance(inside, dict):
            _merge(inside, "tools", tree, "tools", part, "tools")
    _fill(_room(tree, "agents", "defaults"), agent)
    del tree["agent"]


def _identity(tree: Tree) -> None:
    if not isinstance(tree.get("identity"), dict):
        return
    listed = [block(agent) for agent in _list(tree)]
    marked = [agent for agent in listed if agent.get("default") is True] or listed
    default = text(marked[0].get("id")) if marked else None
    found = _agent(tree, default or "main")
    if "identity" not in found:
        found["identity"] = tree.pop("identity")


def _skills(tree: Tree) -> None:
    """A skill's settings stood directly under `skills`; where more are, in keys of their own."""
    skills = tree.get("skills")
    if isinstance(skills, dict):
        for name in [name for name in skills if name not in SKILL_KEYS]:
            if isinstance(skills[name], dict):
                _move(skills, name, skills, "entries", name)
    _merge(tree, "skillsLoad", tree, "skills", "load")
    _merge(tree, "skillsInstall", tree, "skills", "install")


def _renamed(tree: Tree) -> None:
    tools, gateway = tree.get("tools"), tree.get("gateway")
    if isinstance(tools, dict):
        _move(tools, "bash", tools, "exec")
    if isinstance(gateway, dict):
        _move(gateway, "token", gateway, "auth", "token")
    for binding in items(tree.get("bindings")):
        match = block(binding).get("match")
        if isinstance(match, dict):
            _move(match, "provider", match, "channel")
            _move(match, "accountID", match, "accountId")


def _agents_by_id(tree: Tree) -> None:
    """`agents.entries`, an object by id, is the later form of `agents.list`; both become the list."""
    agents = tree.get("agents")
    if not isinstance(agents, dict) or not isinstance(agents.get("entries"), dict):
        return
    for name, agent in agents.pop("entries").items():
        if isinstance(agent, dict):
            _fill(_agent(tree, name), agent)


def _list(tree: Tree) -> list[object]:
    """`agents.list`, made if it is not there."""
    agents = _room(tree, "agents")
    if not isinstance(agents.get("list"), list):
        agents["list"] = []
    return items(agents["list"])


def _agent(tree: Tree, name: str) -> Tree:
    """The item of `agents.list` with this id, made if it is not there."""
    listed = _list(tree)
    for agent in listed:
        if isinstance(agent, dict) and text(agent.get("id")) == name.strip():
            return agent
    made: Tree = {"id": name.strip()}
    listed.append(made)
    return made


def _room(tree: Tree, *path: str) -> Tree:
    """The object at the end of a path, made if it is not there."""
    for key in path:
        inside = tree.get(key)
        if not isinstance(inside, dict):
            inside = tree[key] = {}
        tree = inside
    return tree


def _move(tree: Tree, key: str, to: Tree, *path: str) -> None:
    """Move a value to the end of a path, unless there is one already."""
    if key in tree:
        room = _room(to, *path[:-1])
        if path[-1] not in room:
            room[path[-1]] = tree.pop(key)


def _merge(tree: Tree, key: str, to: Tree, *path: str) -> None:
    """Move an object to the end of a path; where there is one already it is filled up."""
    if isinstance(tree.get(key), dict):
        inside = tree.pop(key)
        _fill(_room(to, *path), inside if isinstance(inside, dict) else {})


def _fill(tree: Tree, more: Mapping[str, object]) -> None:
    """Add what is missing."""
    for key, value in more.items():
        there = tree.get(key)
        if isinstance(there, dict) and isinstance(value, Mapping):
            _fill(there, value)
        elif key not in tree:
            tree[key] = value
