using System.Text.Json;

namespace Alignment.ModelCore.Rollouts;

/// <summary>
/// <c>reward.json</c> beside a reward model's weights: how its raw scores are read. A score is the mean of the heads, less
/// <paramref name="UncertaintyPenalty"/> times their standard deviation (or the lowest head), less <paramref name="Mean"/>, over <paramref name="Std"/>.
/// Where there are <paramref name="Members"/>, each gives such a score, and they are combined in the same way.
/// </summary>
/// <param name="Mean">Mean score over the training answers.</param>
/// <param name="Std">Standard deviation over the training answers.</param>
/// <param name="Temperature">σ(difference of raw scores ÷ temperature) is the calibrated probability that the first wins.</param>
/// <param name="UncertaintyPenalty">Standard deviations of the ensemble's heads subtracted from their mean.</param>
/// <param name="TieParameter">η (Rao–Kupper) or log ν (Davidson) of a model trained with ties; NaN without.</param>
/// <param name="Combine"><c>mean</c>, or <c>min</c>: the worst case of the ensemble.</param>
/// <param name="Members">Folders, below this one, of the other models of an ensemble.</param>
public sealed record RewardScale(double Mean = 0, double Std = 1, double Temperature = 1, double UncertaintyPenalty = 0, double TieParameter = double.NaN, string Combine = "mean", IReadOnlyList<string>? Members = null)
{
    public const string FileName = "reward.json";

    private static readonly JsonSerializerOptions Spelling = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, AllowDuplicateProperties = false, NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>The checkpoint's scale; the identity where it has none.</summary>
    /// <exception cref="InvalidDataException">The file is not such a scale, or no score can be read by it.</exception>
    public static RewardScale Load(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return new();
        }

        try
        {
            return (JsonSerializer.Deserialize<RewardScale>(File.ReadAllBytes(path), Spelling) ?? new()).Checked(path);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: {(e.Path is { Length: > 2 } field ? $"field '{field[2..]}'" : "not valid JSON")}: {e.Message} Take the file from the reward model's source again.", e);
        }
    }

    private RewardScale Checked(string path)
    {
        foreach (var (field, value, good) in new[]
        {
            ("mean", Mean, double.IsFinite(Mean)), ("std", Std, double.IsFinite(Std) && Std > 0), ("temperature", Temperature, double.IsFinite(Temperature) && Temperature > 0),
            ("uncertainty_penalty", UncertaintyPenalty, double.IsFinite(UncertaintyPenalty) && UncertaintyPenalty >= 0),
        })
        {
            if (!good)
            {
                throw new InvalidDataException(FormattableString.Invariant($"{path}: {field} is {value}; {(field is "std" or "temperature" ? "a number above 0" : field == "mean" ? "a finite number" : "a number of at least 0")} is expected."));
            }
        }

        return Combine is "mean" or "min" ? this : throw new InvalidDataException($"{path}: combine is '{Combine}'; mean or min is expected.");
    }

    public void Save(string folder) => File.WriteAllText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, Spelling) + "\n");

    /// <summary>One score from those of the heads.</summary>
    public double Of(ReadOnlySpan<double> heads) => (Combined(heads) - Mean) / Std;

    /// <summary>Mean − <see cref="UncertaintyPenalty"/>·std of an ensemble's scores, or the lowest of them (Coste et al. 2024: worst-case and uncertainty-weighted optimisation).</summary>
    public double Combined(ReadOnlySpan<double> scores)
    {
        if (Combine == "min")
        {
            var lowest = scores[0];
            foreach (var score in scores)
            {
                lowest = Math.Min(lowest, score);
            }

            return lowest;
        }

        var (mean, std) = Spread(scores);
        return mean - (UncertaintyPenalty * std);
    }

    /// <summary>Mean of the heads, and their standard deviation (÷ K): the ensemble's uncertainty, 0 for one head.</summary>
    public static (double Mean, double Std) Spread(ReadOnlySpan<double> heads)
    {
        double sum = 0, squares = 0;
        foreach (var h in heads)
        {
            sum += h;
        }

        var mean = sum / heads.Length;
        foreach (var h in heads)
        {
            squares += (h - mean) * (h - mean);
        }

        return (mean, Math.Sqrt(squares / heads.Length));
    }
}
