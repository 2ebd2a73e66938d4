"""CompiledArtifacts: what the data team's compiler decided, read and never changed."""

from floe_constructs.artifacts.contract import CompiledArtifacts
from floe_constructs.artifacts.reading import ContractError, canonical, read

__all__ = ["CompiledArtifacts", "ContractError", "canonical", "read"]
