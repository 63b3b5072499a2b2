using Xenolith.Boot;
using Xenolith.Boot.Loader;

namespace Xenolith.Tests.Unit.Boot.Loader;

/// <summary>Menus as distributions write them, on the disks they write them to.</summary>
public sealed class MenuTests : IDisposable
{
    private readonly ImageMaker _maker = new();

    public MenuTests()
    {
        foreach (var name in (string[])["1", "2", "3", "old"])
        {
            _maker.File($"/boot/vmlinuz-{name}", $"kernel {name}").File($"/boot/initrd.img-{name}", $"ramdisk {name}");
        }
    }

    public void Dispose() => _maker.Dispose();

    /// <summary>As on the media of Debian's installer: menus within the menu, each with a default of its own, and words to read.</summary>
    [Fact]
    public void A_syslinux_menu_with_menus_in_it()
    {
        const string Menu = """
            default boot-screens/vesamenu.c32
            label install
            	menu label ^Install
            	menu default
            	kernel /vmlinuz
            	append initrd=/initrd --- quiet
            menu begin dark
                menu label Accessible ^dark contrast installer menu
            	label darkinstall
            		menu label ^Install
            		menu default
            		kernel /vmlinuz
            		append initrd=/initrd theme=dark
            menu end
            label help
            	menu label ^Help
            	text help
               label nothing; kernel of this text is none
               kernel /text
            	endtext
            	config prompt.cfg

            """;
        using var maker = new ImageMaker();
        var disk = maker.File("/syslinux.cfg", Menu).File("/vmlinuz", "k").File("/initrd", "i").Make();

        var found = MemoryDisk.Find(disk);

        Assert.Equal(("Install", "--- quiet"), (found.Title, found.Arguments));
        Assert.Equal("theme=dark", MemoryDisk.Find(disk, new() { Entry = "darkinstall" }).Arguments);
    }

    [Fact]
    public void The_menu_that_xen_tools_writes()
    {
        var found = Find("/boot/grub/menu.lst", """
            default         0
            timeout         2

            title           Debian GNU/Linux 12
            root            (hd0,0)
            kernel          /boot/vmlinuz-1 root=/dev/xvda2 ro
            initrd          /boot/initrd.img-1

            title           Debian GNU/Linux 12 (Single-User)
            root            (hd0,0)
            kernel          /boot/vmlinuz-1 root=/dev/xvda2 ro single
            initrd          /boot/initrd.img-1
            """, new() { Arguments = "root=/dev/xvda2 ro" });

        Is(found, "Debian GNU/Linux 12", "1", "1", "root=/dev/xvda2 ro root=/dev/xvda2 ro");
    }

    [Theory]
    [InlineData("default=1\ntitle a\nkernel /boot/vmlinuz-1\ntitle b\nkernel boot/vmlinuz-2 x=y quiet\ninitrd boot/initrd.img-2\n", "b", "2", "2", "x=y quiet")]
    [InlineData("default saved\ntitle a\nkernel /boot/vmlinuz-1\ntitle b\nkernel (hd0,0)/boot/vmlinuz-2\n", "b", "2", null, "")]
    [InlineData("default 9\n#title x\ntitle a\nkernel --no-mem-option /boot/vmlinuz-1 a b\n", "a", "1", null, "a b")]
    [InlineData("title Xen\nroot (hd0)\nkernel /boot/xen.gz dom0_mem=1G\nmodule /boot/vmlinuz-3 root=/dev/sda1\nmodule /boot/initrd.img-3\n", "Xen", "3", "3", "root=/dev/sda1")]
    public void Grub_legacy(string menu, string title, string kernel, string? ramdisk, string arguments)
    {
        _maker.File("/boot/grub/default", "1\n#\n#\n");

        Is(Find("/boot/grub/menu.lst", menu), title, kernel, ramdisk, arguments);
    }

    private const string DebianMenu = """
        if [ -s $prefix/grubenv ]; then
          set have_grubenv=true
          load_env
        fi
        if [ "${next_entry}" ] ; then
           set default="${next_entry}"
           set next_entry=
           save_env next_entry
           set boot_once=true
        else
           set default="DEFAULT"
        fi
        if [ x"${feature_menuentry_id}" = xy ]; then
          menuentry_id_option="--id"
        else
          menuentry_id_option=""
        fi
        export menuentry_id_option
        if [ "${prev_saved_entry}" ]; then
          set saved_entry="${prev_saved_entry}"
        fi
        function savedefault {
          if [ -z "${boot_once}" ]; then
            saved_entry="${chosen}"
            save_env saved_entry
          fi
        }
        function load_video {
          if [ x$feature_all_video_module = xy ]; then
            insmod all_video
          else
            insmod efi_gop; insmod efi_uga
          fi
        }
        if [ x$feature_default_font_path = xy ] ; then
           font=unicode
        else
        insmod part_msdos
            font="/usr/share/grub/unicode.pf2"
        fi
        if loadfont $font ; then
          set gfxmode=auto
        fi
        terminal_output gfxterm
        set linux_gfx_mode=
        function gfxmode {
        	set gfxpayload="${1}"
        }
        menuentry 'Debian GNU/Linux' --class debian --class os $menuentry_id_option 'gnulinux-simple-UUID' {
        	load_video
        	insmod gzio
        	if [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi
        	set root='hd0,msdos1'
        	if [ x$feature_platform_search_hint = xy ]; then
        	  search --no-floppy --fs-uuid --set=root --hint-bios=hd0,msdos1 --hint-efi=hd0,msdos1  UUID
        	else
        	  search --no-floppy --fs-uuid --set=root UUID
        	fi
        	echo	'Loading Linux 1 ...'
        	linux	/boot/vmlinuz-1 root=UUID=UUID ro  quiet console=hvc0
        	echo	'Loading initial ramdisk ...'
        	initrd	/boot/initrd.img-1
        }
        submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced-UUID' {
        	menuentry 'Debian GNU/Linux, with Linux 2' --class debian $menuentry_id_option 'gnulinux-2-advanced-UUID' {
        		gfxmode $linux_gfx_mode
        		search --no-floppy --fs-uuid --set=root UUID
        		linux	/boot/vmlinuz-2 root=UUID=UUID ro "two words" 
        		initrd	/boot/initrd.img-2
        	}
        	menuentry 'Debian GNU/Linux, with Linux 3 (recovery mode)' --class debian $menuentry_id_option 'gnulinux-3-recovery-UUID' {
        		linux	/boot/vmlinuz-3 root=UUID=UUID ro single
        		initrd	/boot/initrd.img-3
        	}
        }
        submenu 'Xen > hypervisor' {
        	menuentry 'Debian, with Xen' {
        		multiboot	/boot/xen.gz placeholder  ${xen_rm_opts}
        		echo	'Loading Linux'
        		module	/boot/vmlinuz-3 placeholder root=UUID=UUID ro
        		module	--nounzip   /boot/initrd.img-3
        	}
        }
        if [ -f  ${config_directory}/custom.cfg ]; then
          source ${config_directory}/custom.cfg
        elif [ -z "${config_directory}" -a -f  $prefix/custom.cfg ]; then
          source $prefix/custom.cfg
        fi
        """;

    [Theory]
    [InlineData("0", "Debian GNU/Linux", "1", "root=UUID=UUID ro quiet console=hvc0")]
    [InlineData("", "Debian GNU/Linux", "1", "root=UUID=UUID ro quiet console=hvc0")]
    [InlineData("no such entry", "Debian GNU/Linux", "1", "root=UUID=UUID ro quiet console=hvc0")]
    [InlineData("1", "Debian GNU/Linux, with Linux 2", "2", "root=UUID=UUID ro two words")]
    [InlineData("1>1", "Debian GNU/Linux, with Linux 3 (recovery mode)", "3", "root=UUID=UUID ro single")]
    [InlineData("gnulinux-advanced-UUID>gnulinux-3-recovery-UUID", "Debian GNU/Linux, with Linux 3 (recovery mode)", "3", "root=UUID=UUID ro single")]
    [InlineData("Advanced options for Debian GNU/Linux>Debian GNU/Linux, with Linux 3 (recovery mode)", "Debian GNU/Linux, with Linux 3 (recovery mode)", "3", "root=UUID=UUID ro single")]
    [InlineData("${saved_entry}", "Debian GNU/Linux, with Linux 2", "2", "root=UUID=UUID ro two words")]
    [InlineData("Xen >> hypervisor>0", "Debian, with Xen", "3", "root=UUID=UUID ro")]
    [InlineData("mine", "My own", "old", "own=1")]
    public void The_menu_of_grub_mkconfig(string @default, string title, string kernel, string arguments)
    {
        _maker.File("/boot/grub/grubenv", "# GRUB Environment Block\nsaved_entry=gnulinux-advanced-UUID\n#######")
            .File("/boot/grub/custom.cfg", "menuentry 'My own' --id=mine {\nlinux /boot/vmlinuz-old own=1\ninitrd /boot/initrd.img-old\n}\n");

        Is(Find("/boot/grub/grub.cfg", DebianMenu.Replace("DEFAULT", @default, StringComparison.Ordinal)), title, kernel, kernel, arguments);
    }

    [Theory]
    [InlineData("2", "3")]
    [InlineData("Debian GNU/Linux, with Linux 3 (recovery mode)", "3")]
    [InlineData("gnulinux-2-advanced-UUID", "2")]
    public void An_entry_can_be_asked_for(string entry, string kernel)
    {
        var found = Find("/boot/grub/grub.cfg", DebianMenu, new() { Entry = entry });

        Assert.Equal($"kernel {kernel}", Text(found.Kernel));
    }

    [Fact]
    public void An_entry_that_is_not_there_is_named_with_those_that_are()
    {
        var error = Assert.Throws<BootException>(() => Find("/boot/grub/grub.cfg", DebianMenu, new() { Entry = "windows" }));

        Assert.Contains("no entry windows", error.Message);
        Assert.Contains("\"Debian GNU/Linux, with Linux 2\"", error.Message);
    }

    [Theory]
    [InlineData("menuentry 'a' {\n linux /boot/vmlinuz-1 x\n initrd /boot/initrd.img-1 /boot/initrd.img-2\n}", "ramdisk 1\0\0\0ramdisk 2")]
    [InlineData("set a=1 b=2\nfor i in old $a; do k=$i; done\nmenuentry a { linux (hd0)/boot/vmlinuz-$k x; initrd ($root)/boot/initrd.img-${k}; }", "ramdisk 1")]
    [InlineData("search --set=root --label nothing\nif [ ! -e /boot/none -a ( 1 -lt 2 -o x = y ) ]; then k=1; elif true; then k=2; else k=3; fi\nmenuentry a { linux /boot/vmlinuz-1 x\ninitrd /boot/initrd.img-$k\n}", "ramdisk 1")]
    [InlineData("menuentry \"a\\\"b\" {\nlinux \\\n /boot/vmlinuz-1 x # comment\ninitrd /boot/initrd.img-1 }", "ramdisk 1")]
    public void The_language_of_grub(string menu, string ramdisk)
    {
        var found = Find("/boot/grub/grub.cfg", menu);

        Assert.Equal(("kernel 1", "x"), (Text(found.Kernel), found.Arguments));
        var bytes = new byte[found.RamdiskLength];
        found.WriteRamdisk((at, piece) => piece.CopyTo(bytes.AsSpan((int)at)));
        Assert.Equal(ramdisk, System.Text.Encoding.UTF8.GetString(bytes));
    }

    [Theory]
    [InlineData("while true; do set a=$a; done", "steps")]
    [InlineData("function f { f; }\nf", "deep")]
    [InlineData("a=aaaaaaaaaaaaaaaa\nwhile true; do a=$a$a; done", "end")]
    [InlineData("source $prefix/grub.cfg", "deep")]
    public void A_script_without_end_is_ended(string menu, string word)
    {
        Assert.Contains(word, Assert.Throws<BootException>(() => Find("/boot/grub/grub.cfg", menu)).Message);
    }

    [Fact]
    public void Entries_in_files_of_their_own()
    {
        foreach (var version in (string[])["1", "2", "3"])
        {
            _maker.File($"/boot/loader/entries/id-{version}.conf", $"title Fedora {version}\nversion 6.{version}.0-1\nlinux /boot/vmlinuz-{version}\ninitrd /boot/initrd.img-{version}\noptions root=x $kernelopts\n");
        }

        Is(Find("/boot/grub2/grub.cfg", "set kernelopts=\"a b\"\ninsmod blscfg\nblscfg\n"), "Fedora 3", "3", "3", "root=x a b");
    }

    [Fact]
    public void Extlinux()
    {
        Is(
            Find("/boot/extlinux/extlinux.conf", "DEFAULT two\nLABEL one\n  KERNEL ../vmlinuz-1\nLABEL two\n MENU LABEL The second\n LINUX /boot/vmlinuz-2\n INITRD /boot/initrd.img-2\n APPEND root=/dev/xvda ro\n"),
            "The second", "2", "2", "root=/dev/xvda ro");
    }

    [Fact]
    public void Syslinux_of_Alpine()
    {
        Is(
            Find("/boot/extlinux.conf", "DEFAULT menu.c32\nPROMPT 0\nTIMEOUT 30\nLABEL a\nKERNEL vmlinuz-1\nLABEL grsec\n  MENU DEFAULT\n  KERNEL vmlinuz-3\n  APPEND initrd=initrd.img-3 root=UUID=1 quiet\n"),
            "grsec", "3", "3", "root=UUID=1 quiet");
    }

    [Fact]
    public void Files_can_be_named_instead_of_a_menu()
    {
        var found = MemoryDisk.Find(_maker.Make(), new() { Kernel = "/boot/vmlinuz-2", Ramdisk = "/boot/initrd.img-3", Arguments = "a b" });

        Is(found, string.Empty, "2", "3", "a b");
    }

    [Theory]
    [InlineData("/boot/grub/grub.cfg", "", "no entries")]
    [InlineData("/boot/grub/menu.lst", "title x\nkernel /boot/none\n", "/boot/none, which is not there")]
    [InlineData("/boot/grub/menu.lst", "title x\nkernel /boot/vmlinuz-1\ninitrd /boot/none\n", "ramdisk /boot/none, which is not there")]
    [InlineData("/boot/grub/grub.cfg", "menuentry 'memtest' { linux16x /boot/memtest }", "names no kernel")]
    [InlineData("/boot/readme", "", "no boot menu was found")]
    public void What_cannot_be_booted_is_named(string path, string menu, string words)
    {
        var error = Assert.Throws<BootException>(() => Find(path, menu));

        Assert.StartsWith("disk xvda: ", error.Message);
        Assert.Contains(words, error.Message);
    }

    private FoundBoot Find(string path, string menu, LoaderOptions? options = null) => MemoryDisk.Find(_maker.File(path, menu).Make(), options);

    private static void Is(FoundBoot found, string title, string kernel, string? ramdisk, string arguments)
    {
        Assert.Equal((title, $"kernel {kernel}", arguments), (found.Title, Text(found.Kernel), found.Arguments));
        Assert.Equal(ramdisk is null ? [] : [$"ramdisk {ramdisk}"], found.Ramdisks.Select(Text));
    }

    private static string Text(FileContent content) => System.Text.Encoding.UTF8.GetString(content.ReadAll());
}
