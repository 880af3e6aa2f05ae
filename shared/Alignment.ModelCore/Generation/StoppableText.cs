using System.Text;
using Alignment.Text.Tokenization;

namespace Alignment.ModelCore.Generation;

/// <summary>Text as it grows, held back where a stop string may be beginning, cut where one is complete; never half a character.</summary>
/// <param name="stops">Strings that end the text; none of them is shown.</param>
public sealed class StoppableText(StreamDecoder decoder, IReadOnlyList<string> stops)
{
    private readonly StringBuilder held = new();
    private bool stopped;

    /// <summary>What may be shown now.</summary>
    public string Add(int id) => Take(decoder.Step(id));

    /// <summary>What remains when generation has ended.</summary>
    public string End()
    {
        var text = Take(decoder.Flush()) + (stopped ? "" : held.ToString());
        held.Clear();
        return text;
    }

    private string Take(string? more)
    {
        if (stopped || string.IsNullOrEmpty(more))
        {
            return "";
        }

        held.Append(more);
        var text = held.ToString();
        var cut = stops.Select(s => text.IndexOf(s, StringComparison.Ordinal)).Where(i => i >= 0).DefaultIfEmpty(-1).Min();
        stopped = cut >= 0;
        var shown = stopped ? cut : text.Length - stops.Select(s => Overlap(text, s)).DefaultIfEmpty(0).Max();
        held.Remove(0, shown);
        return text[..shown];
    }

    /// <summary>Length of the longest end of the text that begins the stop string.</summary>
    private static int Overlap(string text, string stop)
    {
        for (var n = Math.Min(stop.Length - 1, text.Length); n > 0; n--)
        {
            if (text.EndsWith(stop[..n], StringComparison.Ordinal))
            {
                return n;
            }
        }

        return 0;
    }
}
