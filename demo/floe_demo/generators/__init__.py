"""Rows that look like a company's: the same for the same seed and the same batch, wherever."""

from floe_demo.generators.batch import Batch, BatchSpec, Generator, Rates
from floe_demo.generators.ecommerce import EcommerceGenerator
from floe_demo.generators.saas import SaaSGenerator

__all__ = ["Batch", "BatchSpec", "EcommerceGenerator", "Generator", "Rates", "SaaSGenerator"]
