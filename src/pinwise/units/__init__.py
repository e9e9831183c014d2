"""The rules that hold something against candidates: sieves and steps, and the goals that weigh them."""
