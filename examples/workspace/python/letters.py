from collections import Counter
from pathlib import Path


def letters(path):
    """How often each letter stands in a text file, most often first."""
    text = Path(path).read_text(encoding="utf-8").lower()
    counts = Counter(character for character in text if character.isalpha())
    return dict(counts.most_common(5))


def longest_word(path):
    """The longest word of a text file."""
    return max(Path(path).read_text(encoding="utf-8").split(), key=len)
