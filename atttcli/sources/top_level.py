"""Which last labels make a dotted word a host name in running text: an own, compact selection, not the registry's full list.

Complete for countries; of the generic ones those in real use or known from abuse lists. Where a person defanged a name,
wrote a scheme or put it in a column for names, any alphabetic label is taken: this table only guards running text.
"""

from __future__ import annotations

from typing import Final

_COUNTRIES = """
ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bv bw by bz ca cc cd
cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gd ge gf
gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km
kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz
na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg
sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc
ve vg vi vn vu wf ws ye yt za zm zw
"""
_GENERIC = """
com net org info biz name pro edu gov mil int arpa mobi tel asia cat jobs travel museum coop aero post xyz top site
online club shop store live icu vip work life world today fun space website tech host press pw buzz cyou cfd sbs rest
quest bond monster click link email download stream bid loan men win date racing review party trade webcam science
accountant cricket faith app dev page cloud digital network systems solutions services support center company agency
group team zone city global international news media blog wiki video tube chat social game games play bet casino poker
money finance financial bank credit cash capital fund insurance tax legal law health care clinic hospital doctor
dental school academy education university college training homes house land rentals property properties realestate
estate farm garden green eco bio organic food cafe bar pizza coffee beer wine fashion clothing shoes jewelry beauty
hair salon makeup skin fitness yoga sport football golf run bike car auto cars motorcycles taxi hotel tours holiday
vacations flights cruises voyage guru ninja expert guide tips how rocks cool wtf lol sexy xxx porn adult sex cam best
plus one red blue pink black gold lgbt love baby kids toys pet dog fish horse art design graphics photo photos
photography gallery pictures film movie theater music band audio radio fm show events tickets wedding gift gifts
flowers christmas build builders construction contractors engineering engineer industries tools supplies supply
equipment parts energy solar lighting express delivery cargo limited ltd llc inc gmbh srl holdings ventures partners
associates consulting management marketing market markets business enterprises trading exchange software computer
technology hosting domains codes gives foundation charity ngo ong church moe uno ink wang ren kim gdn mom lat pics
autos boats yachts zip mov foo nexus channel hanoi tokyo nyc london berlin paris amsterdam moscow istanbul africa
boston example test invalid localhost local lan internal onion i2p bit
"""
TOP_LEVEL: Final = frozenset((_COUNTRIES + _GENERIC).split())

_FILE_LIKE = "sh py rs md ps so pm zip mov mk ai foo post bar cab one do go tf as"
# Top-level domains that are file name endings far more often when they stand after one bare word: `run.sh`,
# `readme.md`, `data.zip`.
FILE_LIKE: Final = frozenset(_FILE_LIKE.split())

# Last labels that are never a host's: endings of files as they stand in letters and logs.
_FILE_NAMES = """
exe dll sys scr pif bat cmd msi msp hta lnk vbs vbe js jse wsf wsh ps1 psm1 jar apk ipa deb rpm dmg iso img vhd vhdx
doc docx docm dot dotm xls xlsx xlsm xlsb xlam xll ppt pptx pptm pps ppsx rtf pdf odt ods odp txt csv tsv log ini cfg
conf json jsonl xml yaml yml toml html htm xhtml shtml css php php3 php5 phtml asp aspx ashx asmx jsp jspx cgi action
jpg jpeg png gif bmp svg ico webp tif tiff mp3 mp4 avi mkv wav rar gz tgz bz2 xz tar lzh ace tmp bak old swp dat bin
dump dmp db sqlite sql mdb accdb eml msg pst ost ics vcf evtx pcap pcapng yar yara tpl inc lock pem crt cer pfx p12
reg inf cpl ocx c h cpp hpp cs vb java rb lua swift kt ts tsx jsx vue ipynb chm onepkg htaccess
"""
FILE_NAMES: Final = frozenset(_FILE_NAMES.split())
