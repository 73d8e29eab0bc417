"""The descriptions of the demo's registered models, in Markdown."""

CHURN = """\
Predicts whether a customer leaves within the **next 90 days**.

- **Used by:** the retention campaign, every Monday at 06:00
- **Cost of an error:** a missed churner costs about 240 EUR, a needless call 6 EUR
- **Do not use** for pricing or for customers with less than one month of tenure

Owner: growth-analytics. Questions: #churn."""

FRAUD = """\
Scores each card payment between 0 and 1 before it is authorised.

- **Latency budget:** 20 ms at the 99th percentile
- **Review:** every promotion needs the payments-risk lead
- Scores above 0.8 are declined, 0.5 to 0.8 go to an analyst"""

DEMAND = """\
Forecasts units sold per store and day, seven days ahead.

Orders are placed from it at 22:00. A forecast that is 10 % too high costs as much as
one that is 4 % too low."""

HOUSES = """\
Estimates the market value of a house for mortgage pre-approval.

*Not* a valuation in the sense of the lending rules: above 500,000 EUR a
surveyor decides."""

DIGITS = """\
Reads handwritten digits from 8x8 scans of paper forms.

Anything read with a probability below 0.9 is keyed in by hand."""

WINE = """\
Tells three cultivars apart by thirteen chemical measurements.

Runs in the quality lab beside, not instead of, the tasting panel."""

TUMOURS = """\
Sorts fine-needle aspirates into *likely benign* and *look again soon*.

> Decision support only. A clinician reads every slide.

Changes need the **clinical board**; see the tag `clinical_board` of each version."""

DIABETES = """\
Predicts disease progression one year after baseline, for planning of check-ups.

Research use. Nothing is in Production."""

TICKETS = """\
Routes a customer's message to billing, outages, hardware or cancellations.

A custom `pyfunc`: it lower-cases, spells out abbreviations (artifact
`abbreviations.json`) and counts words before a naive Bayes classifier decides."""
