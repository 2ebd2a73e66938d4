"""How a GitOps controller is pointed at what synth writes: objects of Flux and of Argo CD."""
