namespace Alignment.ModelCore.Losses;

/// <summary>How steps become labelled tokens; defaults are TRL's PRM trainer's.</summary>
/// <param name="Separator">Ids appended to every step; the step's label sits on the last of them. Empty: on the step's own last token.</param>
/// <param name="Bos">Put in front where the tokenizer has one.</param>
/// <param name="LastStepOnly">Keeps the last step's label alone; for training, not for evaluation.</param>
/// <param name="MaxCompletionLength">Cuts the joined steps.</param>
/// <param name="MaxLength">Cuts the whole sequence from the end, so labels can be lost.</param>
public sealed record ProcessRewardFormat(
    IReadOnlyList<int> Separator, int? Bos = null, bool LastStepOnly = false, int? MaxCompletionLength = null, int? MaxLength = null);

/// <summary>Token labels for a process reward model (Lightman et al. 2023; TRL <c>PRMTrainer.tokenize_row</c>).</summary>
public static class ProcessRewardLabels
{
    /// <summary>Ids and labels of equal length; labels are 1 or 0 on each step's last token and −100 elsewhere. No EOS is added.</summary>
    public static (int[] InputIds, long[] Labels) Build(IReadOnlyList<int> prompt, IReadOnlyList<IReadOnlyList<int>> steps, IReadOnlyList<bool> labels, ProcessRewardFormat format)
    {
        var ids = new List<int>();
        var marks = new List<long>();
        for (var s = 0; s < steps.Count; s++)
        {
            int[] step = [.. steps[s], .. format.Separator];
            var marked = !format.LastStepOnly || s == steps.Count - 1;
            ids.AddRange(step);
            marks.AddRange(Enumerable.Repeat(LogProbs.IgnoreIndex, Math.Max(0, step.Length - 1)));
            if (step.Length > 0)
            {
                marks.Add(marked ? (labels[s] ? 1 : 0) : LogProbs.IgnoreIndex);
            }
        }

        var keep = Math.Min(ids.Count, format.MaxCompletionLength ?? ids.Count);
        int[] head = format.Bos is { } bos ? [bos, .. prompt] : [.. prompt];
        int[] allIds = [.. head, .. ids[..keep]];
        long[] allMarks = [.. Enumerable.Repeat(LogProbs.IgnoreIndex, head.Length), .. marks[..keep]];
        var length = Math.Min(allIds.Length, format.MaxLength ?? allIds.Length);
        return (allIds[..length], allMarks[..length]);
    }
}
