using System.Text.Json;
using System.Text.Json.Serialization;

namespace Alignment.Text.Rubrics;

/// <summary>A house's values as rules that a program can check, read from JSON.</summary>
public sealed record Rubric
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowOutOfOrderMetadataProperties = true,
    };

    public required string Name { get; init; }

    public int Version { get; init; } = 1;

    public required IReadOnlyList<string> Languages { get; init; }

    public required IReadOnlyList<RubricCriterion> Criteria { get; init; }

    /// <summary>An answer with none of the facts gets its total times this. Default 1.</summary>
    public double WithoutFactsFactor { get; init; } = 1;

    /// <exception cref="InvalidDataException">The file is not a rubric; the message names file, place and fault.</exception>
    public static Rubric Load(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path));
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    public static Rubric Parse(string json)
    {
        var rubric = JsonSerializer.Deserialize<Rubric>(json, Json) ?? throw new InvalidDataException("The rubric is null.");
        return rubric.Criteria.Count == 0 || rubric.Criteria.Any(c => c.Weight < 0) || rubric.Criteria.Sum(c => c.Weight) <= 0
            ? throw new InvalidDataException("criteria: at least one is needed, weights must not be negative and not all 0.")
            : rubric;
    }

    /// <summary>Σ weight·mark / Σ weight. An empty answer gets 0 everywhere.</summary>
    public RubricScore Score(RubricQuestion question, string answer)
    {
        var empty = string.IsNullOrWhiteSpace(answer);
        var marks = Criteria.ToDictionary(c => c.Id, c => empty ? 0 : c.Mark(question, answer));
        var total = Criteria.Sum(c => c.Weight * marks[c.Id]) / Criteria.Sum(c => c.Weight);
        var helpless = !empty && question.Facts.Count > 0 && FactsCriterion.Found(question, answer) == 0;
        return new(helpless ? total * WithoutFactsFactor : total, marks);
    }
}
