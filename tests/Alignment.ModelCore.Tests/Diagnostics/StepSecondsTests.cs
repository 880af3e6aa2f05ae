using Alignment.ModelCore.Diagnostics;

namespace Alignment.ModelCore.Tests.Diagnostics;

public sealed class StepSecondsTests
{
    [Fact]
    public void Measure_PartsOfAStep_AddUpAndInnerOnesBelongToTheOuter()
    {
        var time = new Time();
        var clock = new StepSeconds(time);
        clock.Measure("generate", () => time.Pass(100));
        clock.Begin();
        clock.Measure("generate", () => time.Pass(3));
        clock.Measure("forward", () => clock.Measure("reference", () => time.Pass(2)));
        Assert.Throws<IOException>(() => clock.Measure<bool>("generate", () => throw new IOException()));
        clock.Measure("generate", () => time.Pass(1));
        time.Pass(5);
        var values = new Dictionary<string, double>();
        clock.WriteTo(values);
        Assert.Equal(new Dictionary<string, double> { ["seconds/generate"] = 4, ["seconds/forward"] = 2, ["step_time"] = 11 }, values);
    }

    private sealed class Time : TimeProvider
    {
        private long now;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => now;

        public bool Pass(long seconds)
        {
            now += seconds;
            return true;
        }
    }
}
