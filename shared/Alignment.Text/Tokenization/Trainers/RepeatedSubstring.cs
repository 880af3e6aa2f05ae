namespace Alignment.Text.Tokenization.Trainers;

/// <summary>A substring of joined texts, and how often it occurs.</summary>
internal readonly record struct RepeatedSubstring(int Start, int Length, int Count)
{
    public bool HasSeparator(int[] text) => text.AsSpan(Start, Length).Contains(0);
}
