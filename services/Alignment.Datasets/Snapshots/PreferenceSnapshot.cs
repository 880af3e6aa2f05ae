using System.Text.Json.Nodes;
using Alignment.Datasets.Import;
using Alignment.PreferenceStore.Preferences;
using Alignment.PreferenceStore.Projects;
using Alignment.PreferenceStore.Snapshots;

namespace Alignment.Datasets.Snapshots;

/// <summary>What to freeze.</summary>
/// <param name="Project">Id of a feedback project.</param>
/// <param name="Batch">Only the tasks of this batch; null = all.</param>
/// <param name="Heldout">Fraction of prompt groups kept out of training, 0 to 0.9.</param>
/// <param name="Seed">Decides which.</param>
internal sealed record SnapshotSpec(string? Project, string? Batch = null, double Heldout = 0.1, long Seed = 0, int MinimumVotes = 1, double MinimumMargin = 0, bool IncludeFlagged = false, string? Name = null);

/// <summary>A frozen snapshot with the judgements it rests on, ready to be recorded.</summary>
internal sealed record FrozenPreferences(Snapshot Snapshot, IReadOnlyList<string> JudgementIds);

/// <summary>Freezes the preferences of a project.</summary>
internal sealed class PreferenceSnapshot(ProjectStore projects, PreferenceAggregator preferences, SnapshotWriter writer)
{
    /// <exception cref="SnapshotException">There is nothing to freeze.</exception>
    public async Task<FrozenPreferences> FreezeAsync(SnapshotSpec spec, CancellationToken ct)
    {
        if (spec.Heldout is not (>= 0 and <= 0.9))
        {
            throw new SnapshotException("invalid", $"heldout: {spec.Heldout} is not from 0 to 0.9.");
        }

        var project = await projects.FindAsync(spec.Project ?? "", ct) ?? throw new SnapshotException("no-project", $"project: there is no feedback project '{spec.Project}'; GET /feedback/projects lists them.");
        var set = await preferences.PairsAsync(project.Id, new PreferenceRule(spec.Batch, spec.MinimumVotes, spec.MinimumMargin, spec.IncludeFlagged), ct);
        if (set.Pairs.Count == 0)
        {
            throw new SnapshotException("no-preferences", $"Project '{project.Name}' has no preference to freeze ({set.Ties} ties, {set.TooFewVotes} pairs with fewer than {spec.MinimumVotes} votes, {set.FlaggedTasks} flagged tasks). Collect judgements first.");
        }

        var about = new JsonObject
        {
            ["project"] = project.Name,
            ["rule"] = new JsonObject { ["version"] = PreferenceRule.Version, ["minimum_votes"] = spec.MinimumVotes, ["minimum_margin"] = spec.MinimumMargin, ["include_flagged"] = spec.IncludeFlagged },
            ["left_out"] = new JsonObject { ["ties"] = set.Ties, ["too_few_votes"] = set.TooFewVotes, ["below_margin"] = set.BelowMargin, ["flagged_tasks"] = set.FlaggedTasks },
            ["judgements"] = set.JudgementIds.Count,
        };
        var written = await writer.WriteAsync(RowRules.Preference, [.. set.Pairs.Select(Row)], spec.Heldout, spec.Seed, about, ct);
        return new FrozenPreferences(new Snapshot(written.Digest, project.Id, RowRules.Preference, spec.Name ?? project.Name, written.TrainRows, written.HeldoutRows, written.Manifest, 0), set.JudgementIds);
    }

    private static ImportedRow Row(PreferencePair pair)
    {
        var row = new JsonObject
        {
            ["prompt"] = JsonNode.Parse(pair.Prompt),
            ["chosen"] = pair.Chosen,
            ["rejected"] = pair.Rejected,
            ["n_votes"] = pair.Votes,
            ["p_win"] = pair.WinShare,
            ["tie_share"] = pair.TieShare,
            ["language"] = pair.Language,
        };
        return new ImportedRow(pair.GroupHash, row.ToJsonString(DatasetImport.Canonical));
    }
}

/// <summary>A snapshot cannot be made as asked; the message names field and remedy.</summary>
internal sealed class SnapshotException(string code, string message) : Exception(message)
{
    public string Code => code;
}
