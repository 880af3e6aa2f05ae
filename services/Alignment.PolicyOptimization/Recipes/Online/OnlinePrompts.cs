using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Rewards;

namespace Alignment.PolicyOptimization.Recipes.Online;

/// <summary>A run's prompts, as rows and as ids.</summary>
public sealed record OnlinePrompts(RowEncoder Encoder, IReadOnlyList<PromptRow> Rows, IReadOnlyList<int[]> Ids)
{
    /// <summary>Encodes the rows and sees that a response of <c>max_new_tokens</c> fits behind each.</summary>
    /// <exception cref="DataException">A prompt is too long and <c>long_prompts</c> is refuse, or none is left.</exception>
    public static OnlinePrompts Prepare(OnlineOptions options, IReadOnlyList<PromptRow> rows, IMetricsSink metrics) => Prepare(options, rows, RowEncoder.Load(options.Model), metrics);

    /// <summary>The same with an encoder that is there already.</summary>
    public static OnlinePrompts Prepare(OnlineOptions options, IReadOnlyList<PromptRow> rows, RowEncoder encoder, IMetricsSink metrics)
    {
        if (options.MaxNewTokens >= options.MaxLength)
        {
            throw new OptionsException([$"max_new_tokens ({options.MaxNewTokens}) must be below max_length ({options.MaxLength}): the prompt needs room."]);
        }

        RewardFields.Check(options.Reward.Sources, rows);
        var ids = rows.AsParallel().AsOrdered().Select(encoder.EncodePrompt).ToList();
        var room = options.MaxLength - options.MaxNewTokens;
        var fits = Enumerable.Range(0, rows.Count).Where(i => ids[i].Length <= room).ToList();
        if (fits.Count < rows.Count && (options.LongPrompts == "refuse" || fits.Count == 0))
        {
            throw new DataException([.. Enumerable.Range(0, rows.Count).Except(fits).Select(i => new DataProblem(rows[i].Origin?.File ?? "data", rows[i].Origin?.Line ?? i + 1, "prompt",
                $"has {ids[i].Length} tokens, and max_length {options.MaxLength} less max_new_tokens {options.MaxNewTokens} leaves {room}.",
                "Raise max_length, lower max_new_tokens, or set long_prompts: drop."))]);
        }

        if (fits.Count < rows.Count)
        {
            metrics.Event(new(0, "rows_dropped", $"{rows.Count - fits.Count} of {rows.Count} prompts were dropped: longer than {room} tokens"));
        }

        PositionRoom.Note(options, fits.Select(i => ids[i].Length).DefaultIfEmpty().Max() + options.MaxNewTokens, metrics);
        return new(encoder, [.. fits.Select(i => rows[i])], [.. fits.Select(i => ids[i])]);
    }
}
