using System.Globalization;
using Alignment.ModelCore.Generation;

namespace Alignment.Suite.Commands.Chat;

/// <summary>How answers are drawn; each can be changed during the conversation.</summary>
internal sealed record ChatSettings
{
    /// <summary>0 takes the best token.</summary>
    public double Temperature { get; init; } = 0.7;

    public double TopP { get; init; } = 1;

    /// <summary>0 draws from all.</summary>
    public int TopK { get; init; }

    public double RepetitionPenalty { get; init; } = 1;

    public int MaxTokens { get; init; } = 512;

    /// <summary>Null: a new one for each answer.</summary>
    public ulong? Seed { get; init; }

    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Names for <c>/set</c>.</summary>
    public static string Names => "temperature, top_p, top_k, repetition_penalty, max_tokens, seed";

    /// <summary>The same with one value changed.</summary>
    /// <exception cref="ArgumentException">No such setting, or a value out of its range.</exception>
    public ChatSettings With(string name, string value) => name.Replace('-', '_') switch
    {
        "temperature" => this with { Temperature = Number(name, value, 0, 10) },
        "top_p" => this with { TopP = Number(name, value, double.Epsilon, 1) },
        "top_k" => this with { TopK = (int)Number(name, value, 0, int.MaxValue) },
        "repetition_penalty" => this with { RepetitionPenalty = Number(name, value, double.Epsilon, 10) },
        "max_tokens" => this with { MaxTokens = (int)Number(name, value, 1, int.MaxValue) },
        "seed" => this with { Seed = value is "none" ? null : ulong.TryParse(value, CultureInfo.InvariantCulture, out var s) ? s : throw new ArgumentException($"seed: '{value}' is no whole number; 'none' draws a new one each time.") },
        _ => throw new ArgumentException($"There is no setting '{name}'. Settings: {Names}."),
    };

    public GenerationOptions Options(int room, ulong fresh) => new()
    {
        MaxNewTokens = Math.Min(MaxTokens, room), Sample = Temperature > 0, Temperature = Temperature > 0 ? Temperature : 1,
        TopP = TopP, TopK = TopK, RepetitionPenalty = RepetitionPenalty, StopStrings = Stop, Seed = Seed ?? fresh,
    };

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"temperature {Temperature}, top_p {TopP}, top_k {TopK}, repetition_penalty {RepetitionPenalty}, max_tokens {MaxTokens}, seed {(Seed is { } s ? s.ToString(CultureInfo.InvariantCulture) : "new each time")}");

    private static double Number(string name, string value, double least, double most) =>
        double.TryParse(value, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{name}: '{value}' is no number {(most < int.MaxValue ? $"from {(least < 1e-300 ? "above 0" : least)} to {most}" : $"of at least {least}")}."));
}
