"""The courier: what is carried and counted for all users at once, and answers nobody's requests.

It knows the fleet's login. Where the API has one of its own (a door) it never hears of that one,
and the courier is a process by itself; else it is a thread beside the API.
"""
