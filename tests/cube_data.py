"""Four cubes over a few orders, as a data team would write them, and their tables."""

from pathlib import Path

_FOLDER = Path(__file__).parent / "cube_orders"
MODEL = {path.name: path.read_text() for path in sorted((_FOLDER / "model").iterdir())}
TABLES = (_FOLDER / "tables.sql").read_text().split(";\n")
BY_REGION = {
    "measures": ["orders.total_revenue", "orders.count", "orders.average_order_value"],
    "dimensions": ["orders.region"],
    "order": {"orders.region": "asc"},
}
BY_CATEGORY = {
    "measures": ["order_items.revenue", "order_items.quantity", "products.average_price"],
    "dimensions": ["order_items.category"],
    "order": {"order_items.category": "asc"},
}
BY_DAY = {
    "measures": ["orders.total_revenue"],
    "timeDimensions": [{"dimension": "orders.order_date", "granularity": "day"}],
}
"""What the pre-aggregation of the model answers."""
