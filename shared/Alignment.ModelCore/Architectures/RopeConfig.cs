namespace Alignment.ModelCore.Architectures;

/// <summary>Rotary position embedding: base frequency and how it is stretched for longer contexts.</summary>
/// <param name="Type"><c>default</c>, <c>linear</c>, <c>llama3</c> or <c>yarn</c>.</param>
/// <param name="Theta">Base of the geometric series of wavelengths; 10,000 unless given.</param>
/// <param name="OriginalMaxPositions">Context length before stretching.</param>
public sealed record RopeConfig(
    string Type = "default",
    double Theta = 10_000,
    double Factor = 1,
    double LowFrequencyFactor = 1,
    double HighFrequencyFactor = 4,
    double OriginalMaxPositions = 0,
    double BetaFast = 32,
    double BetaSlow = 1,
    double? AttentionFactor = null,
    double? MScale = null,
    double? MScaleAllDimensions = null,
    bool Truncate = true)
{
    /// <summary>
    /// Reads all three spellings: <c>rope_parameters</c> (transformers 5), <c>rope_theta</c> + <c>rope_scaling</c> (4), and
    /// <c>type</c> for <c>rope_type</c> (older).
    /// </summary>
    public static RopeConfig Read(ConfigReader config, int maxPositions, double defaultTheta = 10_000)
    {
        var own = config.Section("rope_parameters");
        var section = own ?? config.Section("rope_scaling");
        var theta = own?.NumberOrNone("rope_theta") ?? config.Number("rope_theta", defaultTheta);
        if (theta <= 0)
        {
            throw config.Wrong("rope_theta", "a positive number");
        }

        var partial = own?.NumberOrNone("partial_rotary_factor") ?? config.Number("partial_rotary_factor", 1);
        if (partial != 1)
        {
            throw new ArchitectureException($"{config.Source}: partial_rotary_factor {partial} is not supported; only whole heads are rotated.");
        }

        if (section is null)
        {
            return new(Theta: theta);
        }

        var type = section.Text("rope_type") ?? section.Text("type") ?? "default";
        if (type is not ("default" or "linear" or "llama3" or "yarn"))
        {
            throw new ArchitectureException($"{section.Source}: rope_type '{type}' is not supported; known are default, linear, llama3, yarn.");
        }

        var original = section.NumberOrNone("original_max_position_embeddings") ?? config.NumberOrNone("original_max_position_embeddings") ?? maxPositions;
        return new(
            type,
            theta,
            type == "default" ? 1 : Positive(section, "factor", maxPositions / original),
            section.Number("low_freq_factor", 1),
            section.Number("high_freq_factor", 4),
            original,
            Given(section, "beta_fast", 32),
            Given(section, "beta_slow", 1),
            section.NumberOrNone("attention_factor"),
            section.NumberOrNone("mscale"),
            section.NumberOrNone("mscale_all_dim"),
            section.Flag("truncate", true));
    }

    // The reference takes a zero for "not given".
    private static double Given(ConfigReader section, string key, double otherwise) => section.Number(key, otherwise) is var v and not 0 ? v : otherwise;

    private static double Positive(ConfigReader section, string key, double otherwise) =>
        section.Number(key, otherwise) is var v and > 0 ? v : throw section.Wrong(key, "a positive number");
}
