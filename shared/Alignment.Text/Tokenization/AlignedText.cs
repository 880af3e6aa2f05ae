namespace Alignment.Text.Tokenization;

/// <summary>
/// Code points of a text on its way through normalisers and pre-tokenizers; each remembers which code points of the
/// original it stands for, <c>[Start, End)</c>.
/// </summary>
internal sealed class AlignedText
{
    // Normalisers of a hostile file could let a text grow without end.
    private const int MaxLength = 1 << 26;

    private int[] chars;
    private int[] starts;
    private int[] ends;

    public AlignedText(int capacity = 16)
    {
        chars = new int[capacity];
        starts = new int[capacity];
        ends = new int[capacity];
    }

    public int Count { get; private set; }

    public ReadOnlySpan<int> Chars => chars.AsSpan(0, Count);

    public static AlignedText Of(string text)
    {
        var points = CodePoints.Of(text);
        var result = new AlignedText(0) { chars = points, starts = new int[points.Length], ends = new int[points.Length], Count = points.Length };
        for (var i = 0; i < points.Length; i++)
        {
            result.starts[i] = i;
            result.ends[i] = i + 1;
        }

        return result;
    }

    public int Start(int i) => starts[i];

    public int End(int i) => ends[i];

    /// <summary>Appends a code point that stands for <c>[start, end)</c> of the original.</summary>
    public void Add(int c, int start, int end)
    {
        if (Count == chars.Length)
        {
            if (Count >= MaxLength)
            {
                throw new TokenizerException("tokenizer.json: the normalizer makes the text too long.");
            }

            var capacity = Math.Max(16, Count * 2);
            Array.Resize(ref chars, capacity);
            Array.Resize(ref starts, capacity);
            Array.Resize(ref ends, capacity);
        }

        chars[Count] = c;
        starts[Count] = start;
        ends[Count++] = end;
    }

    public void Add(AlignedText from, int i) => Add(from.chars[i], from.starts[i], from.ends[i]);
}
