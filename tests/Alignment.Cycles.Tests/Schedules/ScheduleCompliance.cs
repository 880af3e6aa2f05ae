using Alignment.Cycles.Cycles;
using Alignment.Cycles.Schedules;

namespace Alignment.Cycles.Tests.Schedules;

/// <summary>Exactly one cycle a slot, on both databases.</summary>
public abstract class ScheduleCompliance(string kind) : IAsyncLifetime
{
    private static readonly string Digest = "sha256:" + new string('a', 64);
    private CyclesFixture cycles = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tick_BeforeTheSlot_NothingFires()
    {
        await CreateAsync();
        Assert.Equal(0, await cycles.Schedules.TickAsync(Ct));
    }

    [Fact]
    public async Task Tick_TenProcessesAtTheSlot_OneCycle()
    {
        await CreateAsync();
        cycles.Time.Now = cycles.Time.Now.AddHours(1);
        var fired = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => cycles.Schedules.TickAsync(Ct))));
        Assert.Equal(1, fired.Sum());
        Assert.Equal("schedule:hourly", Assert.Single(await cycles.Cycles.ListAsync(null, 10, Ct)).Cause);
    }

    [Fact]
    public async Task Tick_FiveSlotsMissed_OneCycleAndTheNextSlotIsAhead()
    {
        await CreateAsync();
        cycles.Time.Now = cycles.Time.Now.AddHours(5).AddMinutes(10);
        Assert.Equal(1, await cycles.Schedules.TickAsync(Ct));
        Assert.Equal(0, await cycles.Schedules.TickAsync(Ct));
        var schedule = Assert.Single(await cycles.Schedules.ListAsync(Ct));
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 18, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds(), schedule.NextAt);
    }

    [Fact]
    public async Task Tick_LineHasAnOpenCycle_SlotPassesAndTheNextOneFires()
    {
        await CreateAsync();
        cycles.Time.Now = cycles.Time.Now.AddHours(1);
        Assert.Equal(1, await cycles.Schedules.TickAsync(Ct));
        cycles.Time.Now = cycles.Time.Now.AddHours(1);
        Assert.Equal(0, await cycles.Schedules.TickAsync(Ct));
        await cycles.Engine.CancelAsync((await cycles.Cycles.ListAsync(null, 1, Ct))[0].Id, Ct);
        cycles.Time.Now = cycles.Time.Now.AddHours(1);
        Assert.Equal(1, await cycles.Schedules.TickAsync(Ct));
    }

    [Fact]
    public async Task Enable_PausedOverSlotsThenResumed_WaitsForTheNextSlot()
    {
        var id = (await CreateAsync()).Id;
        await cycles.Schedules.EnableAsync(id, false, Ct);
        cycles.Time.Now = cycles.Time.Now.AddHours(3).AddMinutes(5);
        Assert.Equal(0, await cycles.Schedules.TickAsync(Ct));
        await cycles.Schedules.EnableAsync(id, true, Ct);
        Assert.Equal(0, await cycles.Schedules.TickAsync(Ct));
        cycles.Time.Now = cycles.Time.Now.AddMinutes(55);
        Assert.Equal(1, await cycles.Schedules.TickAsync(Ct));
    }

    public async ValueTask InitializeAsync() => cycles = await CyclesFixture.OpenAsync(kind);

    public ValueTask DisposeAsync() => cycles?.DisposeAsync() ?? ValueTask.CompletedTask;

    private Task<ScheduleRow> CreateAsync() => cycles.Schedules.CreateAsync(new("hourly", "0 * * * *", null, new StartCycle("helpdesk", new()
    {
        Alias = "helpdesk", Parent = Digest, Snapshot = new("project"), Policy = new(), Evaluation = new(Digest),
    }, null)), Ct);
}

public sealed class SqliteScheduleTests() : ScheduleCompliance("sqlite");

public sealed class PostgresScheduleTests() : ScheduleCompliance("postgresql");
