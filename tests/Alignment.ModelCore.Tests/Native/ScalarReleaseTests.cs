using Alignment.ModelCore.Native;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Native;

public sealed class ScalarReleaseTests
{
    // Without the replacement most runs of this fail ("INTERNAL ASSERT FAILED", "Unknown scalar type") or end the process.
    [Fact]
    public void ImplicitScalars_CollectedDuringCalls_AreStillThere()
    {
        Assert.True(ScalarRelease.IsOn);
        var done = false;
        var collector = new Thread(() =>
        {
            while (!Volatile.Read(ref done))
            {
                GC.Collect();
            }
        });
        collector.Start();
        try
        {
            for (var i = 0; i < 50_000; i++)
            {
                using var scope = NewDisposeScope();
                Assert.Equal(7, ones(3).mul(2.5f).add(1.0f).sum().item<float>() * 2 / 3);
            }
        }
        finally
        {
            Volatile.Write(ref done, true);
            collector.Join();
        }
    }
}
