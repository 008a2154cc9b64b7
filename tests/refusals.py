"""What a refusal has to say, wherever a property meets one."""

from holdfast.runtime.errors import HoldfastError


def check_says_why(refused: HoldfastError) -> None:
    """Check that a refusal is a sentence and names the rule that was broken."""
    assert refused.detail.strip()
    assert refused.rule
