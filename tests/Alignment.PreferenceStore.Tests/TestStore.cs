using Alignment.PreferenceStore.Judgements;
using Alignment.PreferenceStore.Leases;
using Alignment.PreferenceStore.Preferences;
using Alignment.PreferenceStore.Projects;
using Alignment.PreferenceStore.Prompts;
using Alignment.PreferenceStore.Snapshots;
using Alignment.PreferenceStore.Tasks;
using Alignment.Storage;
using Alignment.Storage.Migrations;
using Microsoft.Extensions.DependencyInjection;

namespace Alignment.PreferenceStore.Tests;

/// <summary>A migrated store of its own with a clock that the test moves.</summary>
internal sealed class TestStore : IAsyncDisposable
{
    private readonly ServiceProvider services;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("alignment-preferences-");

    private TestStore(string? connection)
    {
        var collection = new ServiceCollection();
        collection.AddSingleton<TimeProvider>(Clock);
        collection.AddAlignmentStorage(connection ?? $"Data Source={Path.Combine(folder.FullName, "test.db")}", Path.Combine(folder.FullName, "artifacts"));
        collection.AddPreferenceStore();
        services = collection.BuildServiceProvider();
    }

    public TestClock Clock { get; } = new();

    public IDatabase Database => services.GetRequiredService<IDatabase>();

    public ProjectStore Projects => services.GetRequiredService<ProjectStore>();

    public PromptStore Prompts => services.GetRequiredService<PromptStore>();

    public TaskStore Tasks => services.GetRequiredService<TaskStore>();

    public LeaseStore Leases => services.GetRequiredService<LeaseStore>();

    public ReleaseStore Releases => services.GetRequiredService<ReleaseStore>();

    public JudgementStore Judgements => services.GetRequiredService<JudgementStore>();

    public JudgementHistory History => services.GetRequiredService<JudgementHistory>();

    public FeedbackReader Feedback => services.GetRequiredService<FeedbackReader>();

    public PreferenceAggregator Preferences => services.GetRequiredService<PreferenceAggregator>();

    public SnapshotStore Snapshots => services.GetRequiredService<SnapshotStore>();

    /// <param name="connection">PostgreSQL, or null for a SQLite file in a temporary folder.</param>
    public static async Task<TestStore> CreateAsync(string? connection = null)
    {
        var store = new TestStore(connection);
        await store.services.GetRequiredService<Migrator>().RunAsync(TestContext.Current.CancellationToken);
        return store;
    }

    /// <summary>A project with the prompts "q0", "q1" … and k answers "a0", "a1" … each.</summary>
    public async Task<Project> ProjectAsync(int prompts = 1, int k = 2, int required = 1, long seed = 7)
    {
        var project = (await Projects.CreateAsync(new NewProject($"p-{Guid.NewGuid():N}", "Rank.", "polite", "en", k, required, 60, seed)))!;
        var added = await Prompts.AddAsync(project.Id, [.. Enumerable.Range(0, prompts).Select(i => new NewPrompt($"\"q{i}\""))]);
        await Tasks.OpenAsync(project.Id, "", [.. added.Select(p => new NewTask(p.Id, [.. Enumerable.Range(0, k).Select(i => new NewCandidate($"a{i}", $"sha256:{i}"))]))]);
        return project;
    }

    public Task<SubmissionOutcome> JudgeAsync(LeasedTask task, string handle, string ranking, string? key = null, string? supersedes = null) =>
        Judgements.SubmitAsync(new Submission(task.TaskId, task.LeaseId, handle, Groups(ranking), key ?? Guid.NewGuid().ToString("N"), Supersedes: supersedes));

    /// <summary>"B,AC" is B first, then A and C tied.</summary>
    private static IReadOnlyList<IReadOnlyList<string>> Groups(string ranking) => [.. ranking.Split(',').Select(g => (IReadOnlyList<string>)[.. g.Select(c => c.ToString())])];

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        folder.Delete(recursive: true);
    }
}

internal sealed class TestClock : TimeProvider
{
    private DateTimeOffset now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => now;

    public void Advance(TimeSpan by) => now += by;
}
