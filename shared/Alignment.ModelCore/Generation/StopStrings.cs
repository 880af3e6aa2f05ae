using System.Text;

namespace Alignment.ModelCore.Generation;

/// <summary>
/// Finds stop strings in the UTF-8 bytes of generated tokens: a match counts when it reaches into the last token, so a stop string may
/// begin or end in the middle of one. The text of the last token after the match is kept, as transformers keeps it.
/// </summary>
public sealed class StopStrings
{
    private readonly (string Text, byte[] Bytes)[] stops;
    private readonly Func<int, ReadOnlyMemory<byte>> bytesOf;
    private readonly int reach;

    /// <param name="bytesOf">The bytes a token adds to the text.</param>
    public StopStrings(IEnumerable<string> stops, Func<int, ReadOnlyMemory<byte>> bytesOf)
    {
        this.stops = [.. stops.Where(s => s.Length > 0).Select(s => (s, Encoding.UTF8.GetBytes(s)))];
        this.bytesOf = bytesOf;
        reach = this.stops.Length == 0 ? 0 : this.stops.Max(s => s.Bytes.Length);
    }

    /// <summary>The stop string that the last token completes, or null.</summary>
    public string? Match(IReadOnlyList<int> ids)
    {
        if (ids.Count == 0 || reach == 0)
        {
            return null;
        }

        var last = bytesOf(ids[^1]);
        var tail = new List<ReadOnlyMemory<byte>> { last };
        var length = last.Length;
        // One byte less than the longest stop string can lie before the last token.
        for (var i = ids.Count - 2; i >= 0 && length < last.Length + reach - 1; i--)
        {
            tail.Add(bytesOf(ids[i]));
            length += tail[^1].Length;
        }

        var text = new byte[length];
        var at = 0;
        for (var i = tail.Count - 1; i >= 0; i--)
        {
            tail[i].Span.CopyTo(text.AsSpan(at));
            at += tail[i].Length;
        }

        foreach (var (stop, bytes) in stops)
        {
            // The match must end inside the last token.
            var from = Math.Max(0, length - last.Length - bytes.Length + 1);
            if (text.AsSpan(from).IndexOf(bytes) >= 0)
            {
                return stop;
            }
        }

        return null;
    }
}
