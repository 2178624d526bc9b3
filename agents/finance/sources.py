"""The publications that the definitions of finance follow, and what several of the definitions say."""

from __future__ import annotations

CHARTMOGUL = "https://help.chartmogul.com/hc/en-us/articles/"
MOVEMENTS = f"ChartMogul, MRR movements: {CHARTMOGUL}4416682609426"
CHURN = f"ChartMogul, MRR Churn Rate: {CHARTMOGUL}203359341"
COHORTS = f"ChartMogul, Cohort analysis: {CHARTMOGUL}213789989"
STRIPE = (
    "Stripe, billing metric definitions: https://docs.stripe.com/billing/subscriptions/analytics/glossary"
)
SKOK = "David Skok, SaaS Metrics 2.0: https://www.forentrepreneurs.com/saas-metrics-2/"
HAMID = f"Mamoon Hamid, SaaS Quick Ratio; movements as {MOVEMENTS}"
WILSON = "Fred Wilson, Burn Rate: https://avc.com/2011/12/burn-rate/"
SACKS = "David Sacks, The Burn Multiple: https://sacks.substack.com/p/the-burn-multiple-51a7e43cb200"
FELD = "Brad Feld, The Rule of 40%: https://feld.com/archives/2015/02/rule-40-healthy-saas-company/"

RATES = (
    "Other currencies are converted at the newest rate of the day or the 7 days before; what has no rate is "
    "left out, and that is said."
)
ENDS = "Only the two ends are compared: a customer who came and left in between is not seen."
ONE_RATE = "Both ends are converted at the rates of the last day, so that no exchange rate makes a movement."
FULL_MONTHS = (
    "Fewer months are averaged when the records do not reach back as far; n/a without one full month. A "
    "month counts as full when its transactions reach to within 7 days of its end."
)
NOT_BURN = (
    "Transfers between own accounts, funding and loans are left out: they are neither income nor spend."
)
