using Alignment.ServiceDefaults;

namespace Alignment.Cycles.Cycles;

/// <summary>What a cycle's configuration must hold, checked before a row exists.</summary>
internal static class CycleRules
{
    public static CycleConfig Check(StartCycle request)
    {
        Require(request.ModelLine is { Length: > 0 and <= 100 }, "modelLine", "name the line of models, up to 100 characters");
        Require(request.Config is not null, "config", "send the cycle's configuration");
        var c = request.Config!;
        Require(c.Alias.Length is > 0 and <= 100, "config.alias", "name the alias that applications ask for");
        Digest(c.Parent, "config.parent");
        Digest(c.Evaluation.Suite, "config.evaluation.suite");
        if (c.Sft is { } sft)
        {
            Digest(sft.Data, "config.sft.data");
        }

        Require(c.Feedback is null or { Candidates: >= 2 and <= 16 }, "config.feedback.candidates", "use 2 to 16");
        Require(c.Feedback is null or { Project.Length: > 0 }, "config.feedback.project", "name the feedback project");
        Require(c.Feedback is not null || c.Snapshot.Project is { Length: > 0 }, "config.snapshot.project", "without a feedback part, name the project whose judgements are frozen");
        Require(c.Reward is null or { MinimumAccuracy: >= 0 and <= 1 }, "config.reward.minimumAccuracy", "use 0 to 1");
        return c;
    }

    private static void Digest(string value, string field) =>
        Require(value.StartsWith("sha256:", StringComparison.Ordinal) && value.Length == 71, field, "give a digest, sha256: and 64 hexadecimal digits");

    private static void Require(bool condition, string field, string remedy)
    {
        if (!condition)
        {
            throw new ProblemException(422, "The cycle cannot run.", $"{field}: {remedy}.", "invalid-cycle");
        }
    }
}
