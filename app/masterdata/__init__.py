"""Master data: what is made and bought, of what, how, where, when and with whom.

Site, calendar, shift, work centre, machine; item, unit, bill of material,
routing; partner (customer, supplier), prices, reason codes. It changes rarely
and by authorised people; every later step reads it.
"""
