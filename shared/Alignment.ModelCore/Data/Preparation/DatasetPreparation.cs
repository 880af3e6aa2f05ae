using System.Text.Json.Nodes;
using Alignment.ModelCore.Data.Collators;

namespace Alignment.ModelCore.Data.Preparation;

/// <summary>A prepared row and the position of the raw row it came from; −1 for packed rows.</summary>
public readonly record struct Prepared<T>(int Source, T Row);

/// <summary>How raw rows become training rows; the defaults are TRL's.</summary>
public sealed record PreparationOptions
{
    /// <summary>Longest row in tokens; null does not cut and drops nothing.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Cuts off the beginning instead of the end.</summary>
    public bool KeepEnd { get; init; }

    /// <summary>SFT: learn completions only, where the row has a prompt.</summary>
    public bool CompletionOnly { get; init; } = true;

    /// <summary>SFT: learn only what the template marks as the assistant's.</summary>
    public bool AssistantOnly { get; init; }

    /// <summary>SFT: pack rows into <see cref="MaxLength"/>; null does not pack.</summary>
    public PackingStrategy? Packing { get; init; }

    /// <summary>KTO: rows of a batch, within which completions are rotated for the KL estimate; null leaves the estimate out.</summary>
    public int? KlBatch { get; init; }
}

/// <summary>Raw rows of TRL's dataset types to training rows, drop decisions included, as TRL's trainers prepare them.</summary>
public sealed class DatasetPreparation(RowTokenizer tokens, PreparationOptions options)
{
    /// <summary>text, messages, conversations or prompt+completion rows for supervised fine-tuning.</summary>
    public List<Prepared<SftExample>> Sft(IReadOnlyList<JsonObject> rows)
    {
        if (rows.Count > 0 && RowFunctions.IsFromValue(rows[0]))
        {
            rows = [.. rows.Select(RowFunctions.ToMessages)];
        }

        var plain = rows.Count > 0 && !RowFunctions.IsConversational(rows[0]);
        var result = rows.Select((row, i) => new Prepared<SftExample>(i, Labelled(plain ? tokens.EndWithEos(row, row.ContainsKey("text") ? "text" : "completion") : row))).ToList();
        if (options.Packing is { } strategy)
        {
            return Pack(result, strategy);
        }

        return options.MaxLength is null ? result : [.. result.Select(p => p with { Row = Cut(p.Row) }).Where(p => p.Row.Labels!.Any(l => l != SftCollator.Ignored))];
    }

    /// <summary>Preference rows, prompt explicit or not, for the DPO family. Truncation is the collator's.</summary>
    public List<Prepared<PreferenceExample>> Preference(IReadOnlyList<JsonObject> rows)
    {
        rows = Explicit(rows);
        var plain = rows.Count > 0 && !RowFunctions.IsConversational(rows[0]);
        return [.. rows.Select((row, i) =>
        {
            var r = plain ? tokens.EndWithEos(row, "chosen", "rejected") : row;
            var (chosen, a, _) = tokens.PromptAndCompletion(r, "chosen");
            var (rejected, b, _) = tokens.PromptAndCompletion(r, "rejected");
            var prompt = Math.Min(a, b);
            return new Prepared<PreferenceExample>(i, new(chosen[..prompt], chosen[prompt..], rejected[prompt..]));
        }).Where(p => options.KeepEnd || options.MaxLength is not { } max || p.Row.PromptIds.Length < max)];
    }

    /// <summary>Unpaired rows for KTO; pairs are unpaired first.</summary>
    public List<Prepared<UnpairedExample>> Unpaired(IReadOnlyList<JsonObject> rows)
    {
        var indexed = Explicit([.. rows.Select(RowFunctions.Copy)]).ToList();
        for (var i = 0; i < indexed.Count; i++)
        {
            indexed[i][SourceColumn] = i;
        }

        var unpaired = indexed.Count > 0 && indexed[0].ContainsKey("chosen") && indexed[0].ContainsKey("rejected") ? RowFunctions.Unpair(indexed) : indexed;
        var plain = unpaired.Count > 0 && !RowFunctions.IsConversational(unpaired[0]);
        var result = unpaired.Select(row =>
        {
            var (ids, prompt, _) = tokens.PromptAndCompletion(plain ? tokens.EndWithEos(row, "completion") : row, "completion");
            return new Prepared<UnpairedExample>(row[SourceColumn]!.GetValue<int>(), new(ids[..prompt], ids[prompt..], row["label"]!.GetValue<bool>()));
        }).Where(p => options.MaxLength is not { } max || p.Row.PromptIds.Length < max).ToList();
        if (options.KlBatch is { } batch)
        {
            var rotated = UnpairedCollator.Rotate([.. result.Select(p => p.Row.CompletionIds)], batch);
            return [.. result.Select((p, i) => p with { Row = p.Row with { KlCompletionIds = rotated[i] } })];
        }

        return result;
    }

    /// <summary>Preference rows for reward models; a pair with a side that is too long is dropped.</summary>
    public List<Prepared<RewardExample>> Reward(IReadOnlyList<JsonObject> rows)
    {
        var plain = rows.Count > 0 && !RowFunctions.IsConversational(rows[0]);
        return [.. rows.Select((row, i) =>
        {
            var r = plain ? tokens.EndWithEos(row, "chosen", "rejected") : RowFunctions.Copy(row);
            foreach (var side in (string[])["chosen", "rejected"])
            {
                r[side] = r["prompt"] switch
                {
                    null => r[side]?.DeepClone(),
                    JsonArray prompt => new JsonArray([.. prompt.Select(m => m?.DeepClone()), .. ((JsonArray)r[side]!).Select(m => m?.DeepClone())]),
                    var prompt => prompt.GetValue<string>() + r[side]!.GetValue<string>(),
                };
            }

            var margin = row["margin"] is JsonValue m ? m.GetValue<float>() : (float?)null;
            return new Prepared<RewardExample>(i, new(tokens.Whole(r, "chosen").Ids, tokens.Whole(r, "rejected").Ids, margin));
        }).Where(p => options.MaxLength is not { } max || (p.Row.ChosenIds.Length <= max && p.Row.RejectedIds.Length <= max))];
    }

    private const string SourceColumn = "\u0001source";

    private static IReadOnlyList<JsonObject> Explicit(IReadOnlyList<JsonObject> rows) => rows.Count > 0 && !rows[0].ContainsKey("prompt")
        ? [.. rows.Select(r =>
        {
            var extracted = RowFunctions.ExtractPrompt(r);
            var copy = RowFunctions.Copy(r);
            foreach (var (name, value) in extracted)
            {
                copy[name] = value?.DeepClone();
            }

            return copy;
        })]
        : rows;

    private SftExample Labelled(JsonObject row)
    {
        if (row.ContainsKey("prompt"))
        {
            var (ids, prompt, assistant) = tokens.PromptAndCompletion(row, "completion", options.AssistantOnly);
            return new(ids, Labels(ids, t => (!options.CompletionOnly || t >= prompt) && (assistant is null || assistant[t] == 1)));
        }

        var (whole, mask) = tokens.Whole(row, row.ContainsKey("messages") ? "messages" : "text", options.AssistantOnly);
        return new(whole, Labels(whole, t => mask is null || mask[t] == 1));
    }

    private static int[] Labels(int[] ids, Func<int, bool> learn) => [.. ids.Select((id, t) => learn(t) ? id : SftCollator.Ignored)];

    private SftExample Cut(SftExample row) => options.MaxLength is { } max && row.InputIds.Length > max
        ? options.KeepEnd ? new(row.InputIds[^max..], row.Labels![^max..]) : new(row.InputIds[..max], row.Labels![..max])
        : row;

    private List<Prepared<SftExample>> Pack(List<Prepared<SftExample>> rows, PackingStrategy strategy)
    {
        var plan = Data.Packing.Plan([.. rows.Select(r => r.Row.InputIds.Length)], options.MaxLength ?? throw new ArgumentException("Packing needs a maximal length."), strategy);
        var ids = Data.Packing.Gather([.. rows.Select(r => r.Row.InputIds)], plan);
        var labels = Data.Packing.Gather([.. rows.Select(r => r.Row.Labels!)], plan);
        var lengths = Data.Packing.Lengths(plan);
        return [.. plan.Select((_, i) => new Prepared<SftExample>(-1, new(ids[i], labels[i], strategy == PackingStrategy.Wrapped ? null : lengths[i])))];
    }
}
