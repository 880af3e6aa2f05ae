using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Alignment.ModelCore.Native;

namespace Alignment.ModelCore.Tests.Native;

public sealed partial class MklDispatchTests
{
    [Fact]
    public void Library_LoadedByTheSystem_AnswersOne()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64, "the image is for Linux on x86-64");
        var path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "dispatch.so");
        File.WriteAllBytes(path, MklDispatch.Image());
        var library = NativeLibrary.Load(path);
        Assert.Equal(1, Marshal.GetDelegateForFunctionPointer<Answer>(NativeLibrary.GetExport(library, "mkl_serv_intel_cpu_true"))());
    }

    [Fact]
    public void Enable_OnOtherProcessorsThanIntel_PutsTheSymbolIntoTheGlobalScope()
    {
        TorchRuntime.EnsureLoaded();
        var isIntel = X86Base.IsSupported && X86Base.CpuId(0, 0).Ebx == 0x756E6547;
        Assert.SkipUnless(OperatingSystem.IsLinux() && Avx2.IsSupported && !isIntel, "not needed on this processor");
        Assert.True(MklDispatch.IsOn);
        var found = dlsym(0, "mkl_serv_intel_cpu_true");
        Assert.NotEqual(0, found);
        Assert.Equal(1, Marshal.GetDelegateForFunctionPointer<Answer>(found)());
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int Answer();

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint dlsym(nint scope, string name);
}
