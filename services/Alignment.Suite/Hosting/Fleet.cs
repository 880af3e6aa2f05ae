namespace Alignment.Suite.Hosting;

/// <summary>The services of the distributed form, their ports above the edge's, and the routes the edge sends to each.</summary>
internal static class Fleet
{
    public static IReadOnlyList<FleetMember> Members { get; } =
    [
        new("Feedback", 1, ["/feedback/{**rest}"]),
        new("Datasets", 2, ["/datasets/{**rest}"]),
        new("Cycles", 3, ["/cycles/{**rest}", "/schedules/{**rest}", "/jobs/{**rest}", "/operations/{**rest}"]),
        new("Checkpoints", 4, ["/checkpoints/{**rest}", "/v1/models"]),
        new("Inference", 5, ["/v1/chat/{**rest}", "/inference/{**rest}"]),
        new("SupervisedFineTuning", 6, ["/advice"]),
        new("RewardModeling", 7, []),
        new("PolicyOptimization", 8, []),
        new("Evaluation", 9, ["/evaluations/{**rest}"]),
        new("Ui", 10, ["/{**rest}"]),
    ];

    /// <summary>The built assembly, beside the Suite's own.</summary>
    public static string Assembly(FleetMember member)
    {
        var bin = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", ".."));
        var path = Path.Combine(bin, $"Alignment.{member.Name}", "release", $"Alignment.{member.Name}.dll");
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} was not built; run dotnet build Alignment.sln -c Release.", path);
    }
}

/// <param name="Name">Project name without the prefix.</param>
/// <param name="Offset">Port relative to the edge's.</param>
/// <param name="Routes">Route patterns at the edge.</param>
internal sealed record FleetMember(string Name, int Offset, IReadOnlyList<string> Routes)
{
    public string Address(int edgePort) => $"http://127.0.0.1:{edgePort + Offset}";
}
