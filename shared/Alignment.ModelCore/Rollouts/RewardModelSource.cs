using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Rollouts;

/// <summary>
/// A reward model's score at the last token of prompt and response. A model with the policy's tokenizer and template reads the sampled ids
/// themselves; another one reads the text through its own template, where a finished response gets its end-of-turn token.
/// </summary>
public sealed class RewardModelSource : IRewardSource
{
    private readonly ScoringModel model;
    private readonly RowEncoder? encoder;
    private readonly int padId;
    private readonly int batchSize;
    private readonly RewardScale scale;
    private readonly IReadOnlyList<RewardModelSource> members;

    /// <param name="encoder">The reward model's own encoder where its ids are not the policy's; null: the same ids.</param>
    /// <param name="scale">How the scores are read; null: as they come. Several heads are an ensemble.</param>
    /// <param name="members">The other models of an ensemble of whole models; disposed with this.</param>
    public RewardModelSource(ScoringModel model, int padId, RowEncoder? encoder = null, string name = "reward_model", int batchSize = 16, RewardScale? scale = null, IReadOnlyList<RewardModelSource>? members = null)
    {
        if (model.Config.Head != HeadKind.Sequence)
        {
            throw new InvalidDataException("A reward model scores whole answers; this one labels tokens.");
        }

        (this.scale, this.members) = (scale ?? new(), members ?? []);
        (this.model, this.padId, this.encoder, this.batchSize, Name) = (model, padId, encoder, batchSize, name);
        model.Freeze();
        model.eval();
    }

    public string Name { get; }

    /// <summary>The reward model in a checkpoint folder, for responses of the policy in <paramref name="policyFolder"/>.</summary>
    /// <exception cref="CheckpointException">The folder holds no scoring model.</exception>
    public static RewardModelSource Load(string folder, string policyFolder, int batchSize = 16)
    {
        var encoder = RowEncoder.Load(folder);
        var scale = RewardScale.Load(folder);
        var model = CheckpointReader.LoadScoring(folder, ScalarType.Float32);
        return new(model, encoder.PadId, SameText(folder, policyFolder) ? null : encoder, batchSize: batchSize, scale: scale, members: [.. (scale.Members ?? []).Select(m => Load(Below(folder, m), policyFolder, batchSize))]);
    }

    public IReadOnlyList<double> Score(IReadOnlyList<RewardItem> items, CancellationToken cancellation)
    {
        var own = ScoreAlone(items, cancellation);
        if (members.Count == 0)
        {
            return own;
        }

        var all = members.Select(m => m.Score(items, cancellation)).Prepend(own).ToList();
        return [.. Enumerable.Range(0, items.Count).Select(i => scale.Combined([.. all.Select(s => s[i])]))];
    }

    private double[] ScoreAlone(IReadOnlyList<RewardItem> items, CancellationToken cancellation)
    {
        var rows = items.Select(Ids).ToList();
        var scores = new double[rows.Count];
        using var none = no_grad();

        // Rows of like length share a batch, so that little is padded.
        foreach (var batch in Enumerable.Range(0, rows.Count).OrderBy(i => rows[i].Length).Chunk(batchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var tokens = TokenBatch.Of([.. batch.Select(i => TokenRow.Of(rows[i], []))], padId);
            var values = ScoringModel.Pool(model.AllScores(tokens.InputIds), tokens.LastPositions).ToDoubles();
            var heads = values.Length / batch.Length;
            for (var b = 0; b < batch.Length; b++)
            {
                scores[batch[b]] = scale.Of(values.AsSpan(b * heads, heads));
            }
        }

        return scores;
    }

    public void Dispose()
    {
        model.Dispose();
        foreach (var member in members)
        {
            member.Dispose();
        }
    }

    private static string Below(string folder, string member) => !Path.IsPathRooted(member) && !member.Split('/').Contains("..")
        ? Path.Combine(folder, member) : throw new InvalidDataException($"{Path.Combine(folder, RewardScale.FileName)}: members: '{member}' is not a folder below this one.");

    private int[] Ids(RewardItem item)
    {
        if (encoder is null)
        {
            return [.. item.PromptIds, .. item.ResponseIds];
        }

        var answer = SftRow.Chat(("assistant", item.Response));
        var pair = encoder.Encode(new PreferenceRow(item.Messages, answer, answer, Plain: !encoder.HasTemplate));
        return [.. pair.Prompt, .. pair.Chosen];
    }

    /// <summary>Both folders turn text into the same ids.</summary>
    private static bool SameText(string a, string b) => new[] { "tokenizer.json", "tokenizer_config.json", "chat_template.jinja" }.All(f =>
        Path.Combine(a, f) is var x && Path.Combine(b, f) is var y && File.Exists(x) == File.Exists(y) && (!File.Exists(x) || File.ReadAllBytes(x).AsSpan().SequenceEqual(File.ReadAllBytes(y))));
}
