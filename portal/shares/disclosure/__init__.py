"""Does a caption say that it is advertising? Rules in code, words in data, a file for each place.

`loading` reads the data, `seeing` brings a caption into one form, `judging` applies the rules, `mending` finds the
smallest edit that makes a caption clear. Nothing here knows a database, a request or a clock.
"""
