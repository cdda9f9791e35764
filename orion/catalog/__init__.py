"""Marketplace products, their texts, and the stores' listings of them."""
