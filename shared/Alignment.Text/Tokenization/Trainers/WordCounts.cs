using Alignment.Text.Tokenization.Normalizers;
using Alignment.Text.Tokenization.PreTokenizers;

namespace Alignment.Text.Tokenization.Trainers;

/// <summary>How often each pre-tokenised word occurs in a corpus; in ordinal order, so that training is deterministic.</summary>
internal static class WordCounts
{
    public static List<(int[] Word, long Count)> Of(IEnumerable<string> texts, INormalizer? normalizer, IPreTokenizer? preTokenizer, CancellationToken cancellationToken = default)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        var buffer = new char[512];
        foreach (var text in texts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var aligned = AlignedText.Of(text);
            var piece = new Piece(aligned, 0, aligned.Count);
            List<Piece> words = [normalizer is null ? piece : normalizer.Normalize(piece)];
            foreach (var word in preTokenizer is null ? words : preTokenizer.Apply(words))
            {
                if (buffer.Length < word.Length * 2)
                {
                    buffer = new char[word.Length * 2];
                }

                var key = buffer[..CodePoints.ToUtf16(word.Chars, buffer)];
                lookup[key] = lookup.TryGetValue(key, out var n) ? n + 1 : 1;
            }
        }

        return [.. counts.Where(c => c.Key.Length > 0).OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => (CodePoints.Of(c.Key), c.Value))];
    }
}
