namespace Alignment.ModelCore.Data.Collators;

/// <summary>A prepared preference pair; reference log-probs where they were computed beforehand.</summary>
public sealed record PreferenceExample(int[] PromptIds, int[] ChosenIds, int[] RejectedIds, float? RefChosenLogp = null, float? RefRejectedLogp = null);

/// <summary>Batches pairs for the DPO family: 2B sequences, all chosen first and then all rejected.</summary>
/// <param name="MaxLength">Prompt and completion are cut to this many tokens before padding.</param>
/// <param name="KeepEnd">Keeps the last tokens instead of the first.</param>
public sealed record PreferenceCollator(int PadTokenId, int? MaxLength = null, bool KeepEnd = false, int? PadToMultipleOf = null)
{
    public CollatedBatch Collate(IReadOnlyList<PreferenceExample> rows)
    {
        var batch = new CollatedBatch();
        Completions.Add(batch, "", [.. rows.Select(r => (r.PromptIds, r.ChosenIds)), .. rows.Select(r => (r.PromptIds, r.RejectedIds))], PadTokenId, MaxLength, KeepEnd, PadToMultipleOf);
        if (rows.Count > 0 && rows[0].RefChosenLogp is not null)
        {
            batch.Add("ref_chosen_logps", rows.Select(r => r.RefChosenLogp));
            batch.Add("ref_rejected_logps", rows.Select(r => r.RefRejectedLogp));
        }

        return batch;
    }
}

/// <summary>A prepared pair for a reward model: whole sequences.</summary>
public sealed record RewardExample(int[] ChosenIds, int[] RejectedIds, float? Margin = null);

/// <summary>Batches pairs for reward models: 2B sequences, chosen first; margins when the first row has one.</summary>
public sealed record RewardCollator(int PadTokenId, int? PadToMultipleOf = null)
{
    public CollatedBatch Collate(IReadOnlyList<RewardExample> rows)
    {
        int[][] ids = [.. rows.Select(r => r.ChosenIds), .. rows.Select(r => r.RejectedIds)];
        var batch = new CollatedBatch();
        batch.Add("input_ids", Padder.Pad(ids, PadTokenId, multiple: PadToMultipleOf));
        batch.Add("attention_mask", Padder.Pad(Padder.Ones(ids), 0, multiple: PadToMultipleOf));
        if (rows.Count > 0 && rows[0].Margin is not null)
        {
            batch.Add("margin", rows.Select(r => r.Margin));
        }

        return batch;
    }
}

/// <summary>A prepared unpaired row. KlCompletionIds is another row's completion, for the KL estimate.</summary>
public sealed record UnpairedExample(int[] PromptIds, int[] CompletionIds, bool Label, int[]? KlCompletionIds = null, float? RefLogp = null, float? RefKlLogp = null);

/// <summary>Batches unpaired rows for KTO; truncation always keeps the start.</summary>
public sealed record UnpairedCollator(int PadTokenId, int? MaxLength = null, int? PadToMultipleOf = null)
{
    public CollatedBatch Collate(IReadOnlyList<UnpairedExample> rows)
    {
        var batch = new CollatedBatch();
        Completions.Add(batch, "", [.. rows.Select(r => (r.PromptIds, r.CompletionIds))], PadTokenId, MaxLength, keepEnd: false, PadToMultipleOf);
        if (rows.Count > 0 && rows[0].KlCompletionIds is not null)
        {
            Completions.Add(batch, "KL_", [.. rows.Select(r => (r.PromptIds, r.KlCompletionIds ?? throw new ArgumentException("KL_completion_ids is missing in a row of the batch.")))],
                PadTokenId, MaxLength, keepEnd: false, PadToMultipleOf);
        }

        if (rows.Count > 0 && rows[0].RefLogp is not null)
        {
            batch.Add("ref_logps", rows.Select(r => r.RefLogp));
        }

        if (rows.Count > 0 && rows[0].RefKlLogp is not null)
        {
            batch.Add("ref_KL_logps", rows.Select(r => r.RefKlLogp));
        }

        batch.Add("label", [rows.Count], rows.Select(r => r.Label).ToArray());
        return batch;
    }

    /// <summary>
    /// KTO's mismatched pairs: inside consecutive groups of <paramref name="batchSize"/> rows each row gets the completion of
    /// the row before it, the first that of the last. A group of one gets its own.
    /// </summary>
    public static int[][] Rotate(IReadOnlyList<int[]> completions, int batchSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        return [.. completions.Chunk(batchSize).SelectMany(group => group.Select((_, i) => group[(i + group.Length - 1) % group.Length]))];
    }
}

/// <summary>Prompt plus completion with its three masks.</summary>
internal static class Completions
{
    public static void Add(CollatedBatch batch, string prefix, IReadOnlyList<(int[] Prompt, int[] Completion)> rows, int pad, int? maxLength, bool keepEnd, int? multiple)
    {
        int[] Cut(int[] row) => maxLength is { } max && row.Length > max ? keepEnd ? row[^max..] : row[..max] : row;
        int[][] ids = [.. rows.Select(r => Cut([.. r.Prompt, .. r.Completion]))];
        int[][] completion = [.. rows.Select(r => Cut([.. new int[r.Prompt.Length], .. Enumerable.Repeat(1, r.Completion.Length)]))];
        batch.Add(prefix + "input_ids", Padder.Pad(ids, pad, multiple: multiple));
        batch.Add(prefix + "attention_mask", Padder.Pad(Padder.Ones(ids), 0, multiple: multiple));
        batch.Add(prefix + "completion_mask", Padder.Pad(completion, 0, multiple: multiple));
    }
}
