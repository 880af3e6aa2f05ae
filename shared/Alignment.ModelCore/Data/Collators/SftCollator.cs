namespace Alignment.ModelCore.Data.Collators;

/// <summary>A prepared row for supervised fine-tuning.</summary>
/// <param name="Labels">−100 where nothing is learnt; null learns every token.</param>
/// <param name="DocumentLengths">Lengths of the documents of a packed row; null is one document.</param>
public sealed record SftExample(int[] InputIds, int[]? Labels = null, int[]? DocumentLengths = null);

/// <summary>
/// Batches rows for language modelling. Labels are not shifted; the model or the loss shifts.
/// </summary>
/// <param name="PaddingFree">One long row without padding: positions restart per document, and the first token of each is not a target.</param>
/// <param name="PositionIds">Adds position ids to padded batches as well.</param>
public sealed record SftCollator(int PadTokenId, int? PadToMultipleOf = null, bool PaddingFree = false, bool PositionIds = false)
{
    /// <summary>The label that no loss counts.</summary>
    public const int Ignored = -100;

    public CollatedBatch Collate(IReadOnlyList<SftExample> rows)
    {
        int[][] ids = [.. rows.Select(r => r.InputIds)];
        int[][] labels = [.. rows.Select(r => r.Labels ?? r.InputIds)];
        int[][] positions = [.. rows.Select(r => Packing.PositionIds(r.DocumentLengths ?? [r.InputIds.Length]))];
        return PaddingFree ? Flat(ids, labels, positions) : Padded(ids, labels, positions);
    }

    private CollatedBatch Padded(int[][] ids, int[][] labels, int[][] positions)
    {
        var batch = new CollatedBatch();
        batch.Add("input_ids", Padder.Pad(ids, PadTokenId, multiple: PadToMultipleOf));
        batch.Add("labels", Padder.Pad(labels, Ignored, multiple: PadToMultipleOf));
        if (PositionIds)
        {
            batch.Add("position_ids", Padder.Pad(positions, 0, multiple: PadToMultipleOf));
        }

        batch.Add("attention_mask", Padder.Pad(Padder.Ones(ids), 0, multiple: PadToMultipleOf));
        return batch;
    }

    private CollatedBatch Flat(int[][] ids, int[][] labels, int[][] positions)
    {
        var position = Join(positions, 0);
        var label = Join(labels, Ignored);
        for (var t = 0; t < label.Length; t++)
        {
            label[t] = position[t] == 0 ? Ignored : label[t];
        }

        // A padding token has position 0 and so counts as a document of length 1.
        int[] starts = [.. Enumerable.Range(0, position.Length).Where(t => position[t] == 0), position.Length];
        var longest = starts.Zip(starts.Skip(1), (a, b) => b - a).DefaultIfEmpty(0).Max();
        var document = new int[position.Length];
        for (int t = 0, d = -1; t < position.Length; t++)
        {
            document[t] = position[t] == 0 ? ++d : d;
        }

        var batch = new CollatedBatch();
        batch.Add("input_ids", [Join(ids, PadTokenId)]);
        batch.Add("labels", [label]);
        batch.Add("position_ids", [position]);
        batch.Add("cu_seq_lens_q", [starts.Length], starts);
        batch.Add("cu_seq_lens_k", [starts.Length], starts);
        batch.Add("max_length_q", [], new long[] { longest });
        batch.Add("max_length_k", [], new long[] { longest });
        batch.Add("seq_idx", [1, document.Length], document);
        return batch;
    }

    private int[] Join(int[][] rows, int pad) => Padder.Pad([rows.SelectMany(r => r).ToArray()], pad, multiple: PadToMultipleOf)[0];
}
