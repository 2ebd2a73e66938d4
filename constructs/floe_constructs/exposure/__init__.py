"""Ways into the namespace: Ingress, Gateway API routes, load balancers."""
