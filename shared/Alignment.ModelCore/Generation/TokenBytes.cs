using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Alignment.Text.Tokenization;

namespace Alignment.ModelCore.Generation;

/// <summary>The bytes each token adds to a text, as stop strings need them: half characters included, special tokens as their name.</summary>
public sealed class TokenBytes(Tokenizer tokenizer)
{
    private static readonly Dictionary<char, byte> Alphabet = MakeAlphabet();
    private readonly ConcurrentDictionary<int, byte[]> known = new();
    private readonly int[] context = tokenizer.EncodeIds("a", addSpecialTokens: false);

    public ReadOnlyMemory<byte> Of(int id) => known.GetOrAdd(id, Make);

    private byte[] Make(int id)
    {
        var token = tokenizer.IdToToken(id) ?? "";
        if (tokenizer.IsSpecial(id))
        {
            return Encoding.UTF8.GetBytes(token);
        }

        if (token is ['<', '0', 'x', var high, var low, '>'] && byte.TryParse([high, low], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var one))
        {
            return [one];
        }

        // Behind a known text, because a first token may lose its blank.
        var before = tokenizer.Decode(context, skipSpecialTokens: false);
        var after = tokenizer.Decode([.. context, id], skipSpecialTokens: false);
        var added = after.StartsWith(before, StringComparison.Ordinal) ? after[before.Length..] : token;
        return added.Contains('\uFFFD', StringComparison.Ordinal) && token.All(Alphabet.ContainsKey)
            ? [.. token.Select(c => Alphabet[c])]
            : Encoding.UTF8.GetBytes(added);
    }

    /// <summary>GPT-2's printable stand-ins for bytes.</summary>
    private static Dictionary<char, byte> MakeAlphabet()
    {
        var extra = 256;
        return Enumerable.Range(0, 256).ToDictionary(b => (char)(b is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? b : extra++), b => (byte)b);
    }
}
