using System.Globalization;

namespace Alignment.Ui.Features.Annotate;

/// <summary>What the ranking form sent: a place for each label, equal places are a tie.</summary>
internal sealed class RankingForm
{
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, int> Places => places;

    public string Comment { get; private init; } = "";

    public bool NoneAcceptable { get; private init; }

    public long ActiveMs { get; private init; }

    /// <summary>Reads <c>place-A</c>, <c>place-B</c> …, or <c>verdict</c> (<c>A</c>, <c>B</c>, <c>tie</c>) of a two-way task.</summary>
    public static RankingForm Read(IFormCollection form, IReadOnlyList<string> labels)
    {
        var result = new RankingForm
        {
            Comment = form["comment"].ToString().Trim(),
            NoneAcceptable = form["none"] == "on",
            ActiveMs = long.TryParse(form["active"], NumberStyles.None, CultureInfo.InvariantCulture, out var ms) ? Math.Min(ms, 86_400_000) : 0,
        };
        foreach (var label in labels)
        {
            if (form["verdict"].ToString() is { Length: > 0 } verdict)
            {
                result.places[label] = verdict == "tie" || verdict == label ? 1 : 2;
            }
            else if (int.TryParse(form[$"place-{label}"], NumberStyles.None, CultureInfo.InvariantCulture, out var place) && place >= 1 && place <= labels.Count)
            {
                result.places[label] = place;
            }
        }

        return result;
    }

    /// <summary>The form of a stored ranking, to correct it.</summary>
    public static RankingForm Of(IReadOnlyList<IReadOnlyList<string>> ranking, string comment, bool noneAcceptable)
    {
        var result = new RankingForm { Comment = comment, NoneAcceptable = noneAcceptable };
        foreach (var (group, i) in ranking.Select((g, i) => (g, i)))
        {
            foreach (var label in group)
            {
                result.places[label] = i + 1;
            }
        }

        return result;
    }

    public IReadOnlyList<string> Missing(IReadOnlyList<string> labels) => [.. labels.Where(l => !places.ContainsKey(l))];

    /// <summary>Groups of labels, best first. Places may have gaps: only their order counts.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Groups() => [.. places.GroupBy(p => p.Value).OrderBy(g => g.Key).Select(g => (IReadOnlyList<string>)[.. g.Select(p => p.Key).Order(StringComparer.Ordinal)])];
}
