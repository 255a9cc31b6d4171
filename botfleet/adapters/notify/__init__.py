"""Ways to reach owners outside: e-mail, webhooks, chat."""
