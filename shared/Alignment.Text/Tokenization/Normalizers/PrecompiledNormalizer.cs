using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Alignment.Text.Tokenization.Normalizers;

/// <summary>SentencePiece's compiled character map: a double-array trie (darts-clone) into a blob of NUL-ended texts.</summary>
internal sealed class PrecompiledNormalizer : INormalizer
{
    private readonly uint[] trie;
    private readonly byte[] texts;

    public PrecompiledNormalizer(string base64)
    {
        var bytes = new byte[(base64.Length / 4 * 3) + 3];
        if (!Convert.TryFromBase64String(base64, bytes, out var length) || length < 4)
        {
            throw new TokenizerException("tokenizer.json: normalizer.precompiled_charsmap is not a compiled character map.");
        }

        var size = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (size > length - 4)
        {
            throw new TokenizerException("tokenizer.json: normalizer.precompiled_charsmap is cut off.");
        }

        trie = new uint[size / 4];
        for (var i = 0; i < trie.Length; i++)
        {
            trie[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4 + (4 * i)));
        }

        texts = bytes[(4 + (int)size)..length];
    }

    public Piece Normalize(Piece piece)
    {
        var changes = new List<(int Char, int Change)>(piece.Length);
        var modified = false;
        foreach (var grapheme in Graphemes(CodePoints.ToText(piece.Chars)))
        {
            // Short graphemes are looked up whole, then character by character.
            if (Encoding.UTF8.GetByteCount(grapheme) < 6 && Find(grapheme) is { } whole)
            {
                modified = true;
                Put(changes, CodePoints.Of(grapheme).Length, CodePoints.Of(whole));
                continue;
            }

            foreach (var rune in grapheme.EnumerateRunes())
            {
                if (Find(rune.ToString()) is { } text)
                {
                    modified = true;
                    Put(changes, 1, CodePoints.Of(text));
                }
                else
                {
                    changes.Add((rune.Value, 0));
                }
            }
        }

        return modified ? piece.Transform(changes) : piece;
    }

    private static IEnumerable<string> Graphemes(string text)
    {
        for (var e = StringInfo.GetTextElementEnumerator(text); e.MoveNext();)
        {
            yield return e.GetTextElement();
        }
    }

    private static void Put(List<(int Char, int Change)> changes, int removed, int[] added)
    {
        foreach (var c in added)
        {
            changes.Add((c, 0));
        }

        var difference = added.Length - removed;
        for (var i = 0; i < difference && i < changes.Count; i++)
        {
            changes[^(i + 1)] = (changes[^(i + 1)].Char, 1);
        }

        if (difference < 0 && changes.Count > 0)
        {
            changes[^1] = (changes[^1].Char, changes[^1].Change + difference);
        }
    }

    // The first (shortest) prefix that has a text wins, as in the library.
    private string? Find(string chunk)
    {
        if (trie.Length == 0)
        {
            return null;
        }

        var at = Offset(trie[0]);
        foreach (var b in Encoding.UTF8.GetBytes(chunk))
        {
            at ^= b;
            if (b == 0 || at >= (uint)trie.Length || (trie[at] & 0x800000FF) != b)
            {
                return null;
            }

            var unit = trie[at];
            at ^= Offset(unit);
            if ((unit >> 8 & 1) == 1)
            {
                return at < (uint)trie.Length ? Text(trie[at] & 0x7FFFFFFF) : null;
            }
        }

        return null;
    }

    private string? Text(uint start)
    {
        if (start > texts.Length)
        {
            return null;
        }

        var rest = texts.AsSpan((int)start);
        var end = rest.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
    }

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 1 << 9) >> 6);
}
