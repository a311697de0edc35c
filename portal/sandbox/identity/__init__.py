"""An OpenID Connect provider called Gatehouse: authorization code flow with PKCE, a chooser instead of passwords."""
