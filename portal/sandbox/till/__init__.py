"""Till: takes money and makes promotion codes, as Stripe would; nobody pays anything.

The portal asks it over HTTP in the words of Stripe's API (docs.stripe.com/api) and hears of payments by signed
webhooks. It knows only what the portal asks for; `docs/stripe.md` says what a live test account alone can show.
"""
