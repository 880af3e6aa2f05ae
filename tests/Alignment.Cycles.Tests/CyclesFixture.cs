using Alignment.Cycles.Cycles;
using Alignment.Cycles.Schedules;
using Alignment.Jobs;
using Alignment.Storage;
using Alignment.Storage.Migrations;
using Alignment.TestServers;
using Dapper;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Alignment.Cycles.Tests;

/// <summary>The Cycles service over a real database, its loops not started: the tests decide when something happens.</summary>
internal sealed class CyclesFixture : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alignment-cycles-").FullName;
    private IHost host = null!;

    public SetTime Time { get; } = new();
    public CycleEngine Engine => host.Services.GetRequiredService<CycleEngine>();
    public CycleStore Cycles => host.Services.GetRequiredService<CycleStore>();
    public ScheduleStore Schedules => host.Services.GetRequiredService<ScheduleStore>();
    public IJobReader Jobs => host.Services.GetRequiredService<IJobReader>();
    public IDatabase Database => host.Services.GetRequiredService<IDatabase>();

    public static async Task<CyclesFixture> OpenAsync(string kind)
    {
        var fixture = new CyclesFixture();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Alignment:Data"] = fixture.folder,
            ["Alignment:Database"] = kind == "sqlite" ? null : await TestServer.NewPostgresDatabaseAsync(),
            ["Alignment:Bus"] = "none",
        });
        builder.Services.AddSingleton<TimeProvider>(fixture.Time);
        builder.AddCycles();
        fixture.host = builder.Build();
        await fixture.host.Services.GetRequiredService<Migrator>().RunAsync(default);
        return fixture;
    }

    public async Task<CycleRow> StartAsync(CycleConfig config, string line = "helpdesk", string? key = null) =>
        (await Cycles.CreateAsync(line, config, "hand", key ?? Guid.NewGuid().ToString("N"), default))!;

    public async Task<CycleRow> GetAsync(string id) => (await Cycles.FindAsync(id, default))!;

    public async Task<IReadOnlyList<string>> StagesAsync(string id) => [.. (await Cycles.EventsAsync(id, default)).Select(e => e.ToStage)];

    /// <summary>A worker did the job that the cycle waits for.</summary>
    public async Task EndJobAsync(string cycle, string kind, string state, string? result, string? error = null) => Assert.Equal(1, await Database.WriteAsync((tx, _) =>
        tx.Connection!.ExecuteAsync("update jobs set state = @state, result = @result, error_text = @error where cycle_id = @cycle and kind = @kind and state = 'queued'", new { cycle, kind, state, result, error }, tx), default));

    public async ValueTask DisposeAsync()
    {
        await ((IAsyncDisposable)host).DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}

/// <summary>A clock that stands until it is set.</summary>
internal sealed class SetTime : TimeProvider
{
    /// <summary>A Monday.</summary>
    public DateTimeOffset Now { get; set; } = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}
