"""The demo company: invented, seeded, and served over the vendors' own protocols.

`world` invents it, `server` speaks Stripe, HubSpot and Linear for it on loopback, `files` writes its CSV
folder, `faults` breaks it to order. Nothing here knows a connector: shapes follow the vendors' documentation.

    accounts  who buys, since when, what            ledger     invoices, charges, payouts
    staff     team, absence, roles, offers          treasury   bank, balances, expenses, marketing, rates
    crm       companies, contacts, deals, tickets   tracker    teams, projects, cycles, issues
    signals   NPS answers, usage, content
"""
