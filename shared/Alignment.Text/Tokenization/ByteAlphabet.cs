using System.Text;

namespace Alignment.Text.Tokenization;

/// <summary>GPT-2's printable stand-ins for the 256 bytes.</summary>
internal static class ByteAlphabet
{
    private static readonly short[] Bytes = new short[512];

    static ByteAlphabet()
    {
        Array.Fill(Bytes, (short)-1);
        var extra = 256;
        for (var b = 0; b < 256; b++)
        {
            var c = b is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? b : extra++;
            Chars[b] = c;
            Bytes[c] = (short)b;
        }
    }

    /// <summary>The code point that stands for each byte.</summary>
    public static int[] Chars { get; } = new int[256];

    /// <summary>The byte that a code point stands for, or −1.</summary>
    public static int ByteOf(int c) => c < Bytes.Length ? Bytes[c] : -1;

    /// <summary>Appends the piece's UTF-8 bytes as stand-ins; every byte keeps its character's alignment.</summary>
    public static Piece Spell(Piece piece, AlignedText into)
    {
        var from = into.Count;
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = piece.From; i < piece.To; i++)
        {
            var c = piece.Text.Chars[i];
            var (start, end) = (piece.Text.Start(i), piece.Text.End(i));
            if (c < 0x80)
            {
                into.Add(Chars[c], start, end);
                continue;
            }

            var n = new Rune(c).EncodeToUtf8(utf8);
            for (var b = 0; b < n; b++)
            {
                into.Add(Chars[utf8[b]], start, end);
            }
        }

        return new(into, from, into.Count);
    }

    /// <summary>The bytes a token spells; a token with any other character stands for its own UTF-8.</summary>
    public static void AppendBytes(string token, List<byte> bytes)
    {
        var mark = bytes.Count;
        foreach (var c in token)
        {
            var b = ByteOf(c);
            if (b < 0)
            {
                bytes.RemoveRange(mark, bytes.Count - mark);
                bytes.AddRange(Encoding.UTF8.GetBytes(token));
                return;
            }

            bytes.Add((byte)b);
        }
    }
}
