"""An OpenID Connect provider called Gatehouse: code flow with PKCE, a chooser instead of passwords."""
