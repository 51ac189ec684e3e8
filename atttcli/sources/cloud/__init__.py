"""Mail systems and cloud services of Microsoft: Exchange's own logs, Microsoft 365's audit export, Entra sign-ins."""
