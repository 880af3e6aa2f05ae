using System.Globalization;

namespace Alignment.Text.Tokenization.Unicode;

/// <summary>Decompositions, compositions and combining classes, from the embedded table; Hangul by arithmetic.</summary>
internal sealed class NormalizationData
{
    private static readonly Lazy<NormalizationData> Instance = new(() => new());

    private readonly Dictionary<int, int[]> canonical = [];
    private readonly Dictionary<int, int[]> compatible = [];
    private readonly Dictionary<int, byte> classes = [];
    private readonly Dictionary<(int, int), int> compositions = [];

    // Lines read "CODE CLASS [TAG]HEX HEX …": '=' composes again, '>' is canonical but never composed, '~' is compatible only.
    private NormalizationData()
    {
        foreach (var line in UnicodeTable.Lines("normalization.txt"))
        {
            var parts = line.Split(' ', 3);
            var c = Hex(parts[0]);
            if (parts[1] != "0")
            {
                classes[c] = byte.Parse(parts[1], CultureInfo.InvariantCulture);
            }

            if (parts.Length < 3 || parts[2].Length == 0)
            {
                continue;
            }

            var to = parts[2][1..].Split(' ').Select(Hex).ToArray();
            (parts[2][0] == '~' ? compatible : canonical)[c] = to;
            if (parts[2][0] == '=')
            {
                compositions[(to[0], to[1])] = c;
            }
        }
    }

    public static NormalizationData Current => Instance.Value;

    public int Class(int c) => c < 0x300 ? 0 : classes.GetValueOrDefault(c);

    /// <summary>Appends the full decomposition.</summary>
    public void Decompose(int c, bool compatibility, List<int> result)
    {
        if (c is >= 0xAC00 and <= 0xD7A3)
        {
            var s = c - 0xAC00;
            result.Add(0x1100 + (s / 588));
            result.Add(0x1161 + (s % 588 / 28));
            if (s % 28 > 0)
            {
                result.Add(0x11A7 + (s % 28));
            }
        }
        else if (c < 0xA0 || !(canonical.TryGetValue(c, out var to) || (compatibility && compatible.TryGetValue(c, out to))))
        {
            result.Add(c);
        }
        else
        {
            foreach (var part in to)
            {
                Decompose(part, compatibility, result);
            }
        }
    }

    /// <summary>The composition of two code points, or −1.</summary>
    public int Compose(int a, int b)
    {
        if (a is >= 0x1100 and < 0x1113 && b is >= 0x1161 and < 0x1176)
        {
            return 0xAC00 + ((((a - 0x1100) * 21) + (b - 0x1161)) * 28);
        }

        if (a is >= 0xAC00 and <= 0xD7A3 && (a - 0xAC00) % 28 == 0 && b is > 0x11A7 and < 0x11C3)
        {
            return a + b - 0x11A7;
        }

        return compositions.GetValueOrDefault((a, b), -1);
    }

    private static int Hex(string s) => int.Parse(s, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
