using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Forgetting;
using Alignment.ModelCore.Training.Extensions;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Training;

/// <summary>
/// The extensions of a run: what its sections <c>regularisation</c> and <c>evaluation</c> ask for. A recipe needs one line before it starts its run:
/// <code>inputs = inputs.With(tuned, options, encoder, folders, heldOut);</code>
/// </summary>
public static class TrainingExtensions
{
    /// <param name="encoder">Tokenizer and template of the starting checkpoint.</param>
    /// <param name="heldOut">How the recipe measures itself; null where it cannot, which refuses <c>evaluation</c>.</param>
    /// <param name="mixesReplay">The recipe put the replayed rows among its own (<see cref="Replay.Mix"/>).</param>
    /// <param name="rollouts">The recipe learns from the model's own answers, so that its dropout must stay off.</param>
    public static RunInputs With<T>(this RunInputs inputs, TunedModel<T> tuned, TrainingOptions options, RowEncoder encoder, TrainingFolders folders, HeldOut? heldOut = null, bool mixesReplay = false, bool rollouts = false)
        where T : nn.Module
    {
        if (rollouts && options.Regularisation.Dropout > 0)
        {
            throw new OptionsException(["regularisation.dropout: answers are drawn and learned from with the same probabilities here, so dropout must stay off. Remove the key."]);
        }

        return inputs with { Extensions = Of(tuned, options, inputs, encoder, folders, heldOut, mixesReplay) };
    }

    /// <summary>Evaluation alone, for a recipe that makes a new model.</summary>
    public static RunInputs WithEvaluation(this RunInputs inputs, TrainingOptions options, TrainingFolders folders, HeldOut heldOut) =>
        inputs with { Extensions = [new HeldOutEvaluation(heldOut, options.Evaluation, inputs.Trainable, folders.State)] };

    private static List<IRunExtension> Of<T>(TunedModel<T> tuned, TrainingOptions options, RunInputs inputs, RowEncoder encoder, TrainingFolders folders, HeldOut? heldOut, bool mixesReplay)
        where T : nn.Module
    {
        var r = options.Regularisation;
        var view = new LanguageView(tuned.Model, options, encoder.PadId, tuned.HoldsBase ? tuned.AsBase : null);
        var weights = new StartingWeights(inputs.Trainable, tuned.IsNew);
        IReadOnlyList<TokenRow> Rows(IReadOnlyList<string> files, int most = int.MaxValue) => GeneralRows.Read(files, encoder, options.MaxLength, most);
        var list = new List<IRunExtension>();
        if (r.Dropout > 0)
        {
            list.Add(new DropoutMode(tuned.Model));
        }

        if (r.L2SpAlpha > 0 || r.L2SpBeta > 0)
        {
            list.Add(new L2SpPenalty(weights, r.L2SpAlpha, r.L2SpBeta));
        }

        if (r.EwcLambda > 0)
        {
            list.Add(new EwcPenalty(weights, view, r.EwcData.Count > 0 ? Rows(r.EwcData, r.EwcSamples) : [], r.EwcFisher, r.EwcLambda, folders.State, inputs.ModelDigest));
        }

        if (r.KlBaseWeight > 0)
        {
            list.Add(new BaseKlPenalty(view, Rows(r.KlBaseData), r, options.Seed));
        }

        if (r.ReplayShare > 0 && !mixesReplay)
        {
            list.Add(new ReplayLoss(view, Rows(r.ReplayData), r.ReplayShare, r.ReplayWeight, options.Seed));
        }

        if (options.Evaluation.Data.Count > 0)
        {
            list.Add(new HeldOutEvaluation(heldOut ?? throw NoEvaluation(), options.Evaluation, inputs.Trainable, folders.State));
        }

        var tasks = r.Measures ? General(options, tuned.Model, view, heldOut, encoder) : null;
        if (r.Average != "none")
        {
            list.Add(new WeightAverage(weights, r, tasks, options.Seed, Folding(tuned, r.Average)));
        }

        if (tasks is not null && r.Forgetting)
        {
            list.Add(new ForgettingWatch(tasks));
        }

        return list;
    }

    /// <summary>What forgetting is measured on; null where neither general text nor the task can be measured.</summary>
    private static GeneralTasks? General(TrainingOptions options, nn.Module model, LanguageView view, HeldOut? heldOut, RowEncoder encoder)
    {
        var r = options.Regularisation;
        IReadOnlyList<(string, IReadOnlyList<TokenRow>)> sets = r.Measured.Count > 0
            ? [.. r.Measured.Select(f => (Path.GetFileNameWithoutExtension(f), GeneralRows.Read([f], encoder, options.MaxLength, r.GeneralRows)))]
            : LanguageView.Speaks(model, options)
                ? [.. NeutralText.Sets.Select(s => (s.Name, Rows: GeneralRows.Encode(s.Texts.Take(r.GeneralRows), encoder, options.MaxLength))).Where(s => s.Rows.Count > 0)]
                : [];
        return sets.Count > 0 || heldOut?.Score is not null ? new(sets, view, heldOut, options.BatchSize) : null;
    }

    /// <summary>Keys that nothing acts on are refused, not ignored.</summary>
    internal static void Check(TrainingOptions options, RunInputs inputs)
    {
        if (inputs.Extensions is null && options.Evaluation.Data.Count > 0)
        {
            throw NoEvaluation();
        }

        if (inputs.IsNewModel && options.Regularisation.NeedsStart)
        {
            throw new OptionsException(["regularisation: training begins with new weights here, so there is no starting checkpoint to stay near, to average with or to forget. Only dropout and label_smoothing act; remove the other keys."]);
        }

        if (inputs.Extensions is null && options.Regularisation.NeedsStart)
        {
            throw new OptionsException(["regularisation: this recipe has none of it. Remove the section."]);
        }

        if (options.Schedule == "reduce_lr_on_plateau" && options.Evaluation.Data.Count == 0)
        {
            throw new OptionsException(["schedule: reduce_lr_on_plateau follows a metric and needs evaluation.data, the held-out file to measure on."]);
        }
    }

    private static OptionsException NoEvaluation() => new(["evaluation: this recipe has no evaluation. Remove the section."]);

    // The straight line stays inside an adapter; any other average is one of whole weights.
    private static Func<IReadOnlyList<(Tensor Target, Tensor Start, Tensor Trained)>>? Folding<T>(TunedModel<T> tuned, string average)
        where T : nn.Module
    {
        if (tuned.Adapter is null || (average == "linear" && !tuned.Continued))
        {
            return null;
        }

        return tuned.CannotFold is not { } reason ? Fold
            : throw new OptionsException([$"regularisation.average: {average} is taken between the start's weights and the result's, and this adapter cannot be folded into them: {reason}. Use {(tuned.Continued ? "none" : "linear")}, or tuning.method: full."]);

        IReadOnlyList<(Tensor, Tensor, Tensor)> Fold()
        {
            var sides = tuned.Folded();
            tuned.Absorb();
            return sides;
        }
    }
}
